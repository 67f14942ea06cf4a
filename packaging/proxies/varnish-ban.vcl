# Varnish in front of Copydesk, which keeps answers for hours and is told what has changed. Tried with Varnish 7.1,
# without modules; with many changes a minute varnish-xkey.vcl takes less. docs/caching.md explains it.
#
# Start varnishd with a socket for purges, which nobody but Copydesk can reach: -a :6081 -a purge=127.0.0.1:6083
# Start Copydesk with:
#   COPYDESK_TRUSTED_PROXIES=127.0.0.1
#   COPYDESK_SHARED_MAX_AGE=36000
#   COPYDESK_PURGE_URL=http://127.0.0.1:6083/
#   COPYDESK_PURGE_STYLE=varnish-ban
# Varnish has no TLS. Put HAProxy in front of it (haproxy.cfg, with Varnish's port in its last line).

vcl 4.1;

import std;

backend default {
	.host = "127.0.0.1";
	.port = "8080";
	.probe = {
		# It is 503 while Copydesk cannot answer.
		.url = "/readyz";
		.interval = 1s;
		.timeout = 1s;
		.window = 3;
		.threshold = 2;
	}
}

# Varnish has appended the client's address to X-Forwarded-For before this: rate limits go by it.
sub vcl_recv {
	if (local.socket == "purge") {
		if (req.method == "BAN" && req.http.surrogate-key-ban) {
			# Of the object alone: so Varnish forgets the ban once it has looked at all that is older.
			if (std.ban("obj.http.Surrogate-Key ~ " + req.http.surrogate-key-ban)) {
				return (synth(200));
			}
			return (synth(400, std.ban_error()));
		}
		return (synth(405));
	}
	# By itself Varnish would hand the connection of a method that it does not know (QUERY) to the client.
	if (req.method != "GET" && req.method != "HEAD") {
		return (pass);
	}
	# With these, an answer is for one person.
	if (req.http.Authorization || req.http.Edit-Token) {
		return (pass);
	}
	# Copydesk has no cookies. Those of your site would keep Varnish from caching.
	unset req.http.Cookie;
}
