# Varnish in front of Copydesk, which keeps answers for hours and is told what has changed. Tried with Varnish 7.1 and
# varnish-modules 0.20 (Debian 12: apt-get install varnish varnish-modules). docs/caching.md explains it.
#
# Start varnishd with a socket for purges, which nobody but Copydesk can reach: -a :6081 -a purge=127.0.0.1:6083
# Start Copydesk with:
#   COPYDESK_TRUSTED_PROXIES=127.0.0.1
#   COPYDESK_SHARED_MAX_AGE=36000
#   COPYDESK_PURGE_URL=http://127.0.0.1:6083/
#   COPYDESK_PURGE_STYLE=varnish-xkey
# Varnish has no TLS. Put HAProxy in front of it (haproxy.cfg, with Varnish's port in its last line).

vcl 4.1;

import xkey;

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
		if (req.method == "PURGE" && req.http.xkey-purge) {
			return (synth(200, xkey.purge(req.http.xkey-purge) + " dropped"));
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

# The module goes by a header of this name.
sub vcl_backend_response {
	set beresp.http.xkey = beresp.http.Surrogate-Key;
}

sub vcl_deliver {
	unset resp.http.xkey;
}
