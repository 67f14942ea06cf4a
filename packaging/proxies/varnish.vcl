# Varnish in front of Copydesk: a cache that takes a rush of readers. Tried with Varnish 7.1.
#
# Put it into /etc/varnish/default.vcl, and start Copydesk with COPYDESK_TRUSTED_PROXIES=127.0.0.1.
# Varnish has no TLS. Put HAProxy in front of it (haproxy.cfg, with Varnish's port in its last line).

vcl 4.1;

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

# There is nothing on how long to keep what: Copydesk says so in each answer (a second, and nothing stale).
