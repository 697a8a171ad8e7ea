package probe

import (
	"slices"
	"strings"
)

// The products that changes are named for.
const (
	nginx   = "nginx"
	haproxy = "HAProxy"
	envoy   = "Envoy"
	alb     = "AWS ALB"
	apache  = "Apache"
	own     = "server" // the application's own
)

// products are those that every topic says something about.
var products = []string{nginx, haproxy, envoy, alb, apache}

// topic is a kind of setting.
type topic int

const (
	adviceUpgrade topic = iota
	adviceIdleWebSocket
	adviceIdlePoll
	adviceIdleSSE
	adviceKeepAlive
	adviceKeepAliveRequests
	adviceKeepAliveIdle
	adviceBuffering
	adviceCompression
	adviceHeaderSize
	adviceSticky
	adviceResumption
	adviceTLSVersion
	adviceALPN
	topics // how many there are
)

// advice is what to look at for each topic. The names were checked against: nginx 1.31 (the modules' own tables of directives), HAProxy 3.x's configuration
// manual, Envoy's v3 API, the Elastic Load Balancing documentation and httpd's manual (2.4 and trunk), in November 2026. A product that has no such
// setting says so.
var advice = [topics][]Change{
	adviceUpgrade: {
		{nginx, `proxy_http_version 1.1 (the default since 1.29.7); proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; (a map of $http_upgrade: "upgrade", or "close" where it is empty)`},
		{haproxy, "mode http passes upgrades on; look for http-request del-header, and for option httpclose"},
		{envoy, "upgrade_configs: [{upgrade_type: websocket}] in the HTTP connection manager, or in the route"},
		{alb, "passes upgrades on over HTTP/1.1; the target group's protocol version has to be HTTP1"},
		{apache, `ProxyPass "/ws" "http://backend/ws" upgrade=websocket (2.4.47; before that mod_proxy_wstunnel and ws://)`},
	},
	adviceIdleWebSocket: {
		{own, "a heartbeat from either side, more often than the limit"},
		{nginx, "proxy_read_timeout and proxy_send_timeout (60s by default)"},
		{haproxy, "timeout tunnel (without it timeout client and timeout server)"},
		{envoy, "stream_idle_timeout (5 min by default), idle_timeout of the route"},
		{alb, "idle_timeout.timeout_seconds (60 by default, up to 4000)"},
		{apache, "timeout= of ProxyPass, or ProxyTimeout (60s by default)"},
	},
	adviceIdlePoll: {
		{own, "a hold of polls below the limit"},
		{nginx, "proxy_read_timeout (60s by default)"},
		{haproxy, "timeout server, and timeout client"},
		{envoy, "timeout of the route (15s by default), stream_idle_timeout"},
		{alb, "idle_timeout.timeout_seconds (60 by default, up to 4000)"},
		{apache, "timeout= of ProxyPass, or ProxyTimeout (60s by default)"},
	},
	adviceIdleSSE: {
		{own, "a comment (a line of one colon) more often than the limit"},
		{nginx, "proxy_read_timeout (60s by default)"},
		{haproxy, "timeout server, and timeout client"},
		{envoy, "timeout: 0s of the route (15s by default, for the whole answer), stream_idle_timeout"},
		{alb, "idle_timeout.timeout_seconds (60 by default, up to 4000)"},
		{apache, "timeout= of ProxyPass, or ProxyTimeout (60s by default)"},
	},
	adviceKeepAlive: {
		{nginx, "keepalive_timeout (75s by default; 0 switches keep-alive off)"},
		{haproxy, "option http-keep-alive; remove option httpclose"},
		{envoy, "max_requests_per_connection of common_http_protocol_options"},
		{alb, "client_keep_alive.seconds (3600 by default)"},
		{apache, "KeepAlive On"},
	},
	adviceKeepAliveRequests: {
		{nginx, "keepalive_requests (1000 by default, 100 before 1.19.10), keepalive_time"},
		{haproxy, "has no limit of its own"},
		{envoy, "max_requests_per_connection of common_http_protocol_options"},
		{alb, "client_keep_alive.seconds: a time, not a number"},
		{apache, "MaxKeepAliveRequests (100 by default; 0 for no limit)"},
	},
	adviceKeepAliveIdle: {
		{nginx, "keepalive_timeout (75s by default)"},
		{haproxy, "timeout http-keep-alive (without it timeout http-request, then timeout client)"},
		{envoy, "idle_timeout of common_http_protocol_options (1 h by default)"},
		{alb, "idle_timeout.timeout_seconds (60 by default)"},
		{apache, "KeepAliveTimeout (5 by default)"},
	},
	adviceBuffering: {
		{own, "X-Accel-Buffering: no in the answer, which nginx obeys"},
		{nginx, "proxy_buffering off; (and no proxy_ignore_headers X-Accel-Buffering)"},
		{haproxy, "does not hold answers back; option http-no-delay against waiting for full packets; compression does hold them"},
		{envoy, "does not hold answers back; look for filters that do: envoy.filters.http.compressor, file_system_buffer, ext_proc with a buffered body"},
		{alb, "does not hold answers back and has no setting for it"},
		{apache, "SetEnv no-gzip 1: mod_deflate collects DeflateBufferSize; flushpackets=on of ProxyPass helps AJP and FastCGI only"},
	},
	adviceCompression: {
		{nginx, "gzip off; in the location, or gzip_types without the type"},
		{haproxy, "compression type without the type, or no compression algo"},
		{envoy, "content_type of envoy.filters.http.compressor without the type"},
		{alb, "does not compress"},
		{apache, "SetEnv no-gzip 1, or AddOutputFilterByType DEFLATE without the type"},
	},
	adviceHeaderSize: {
		{nginx, "large_client_header_buffers (4 8k by default: a line has 8 KiB at most)"},
		{haproxy, "tune.bufsize less tune.maxrewrite (16384 less 1024 by default), for the whole head"},
		{envoy, "max_request_headers_kb (60 by default)"},
		{alb, "fixed: 16 KiB a line, 64 KiB in all"},
		{apache, "LimitRequestFieldSize (8190 by default)"},
	},
	adviceSticky: {
		{nginx, "ip_hash; or hash in upstream; sticky cookie (1.29.6 and later, or Plus)"},
		{haproxy, "cookie NAME insert indirect nocache, or balance source"},
		{envoy, "envoy.filters.http.stateful_session, or hash_policy with RING_HASH"},
		{alb, "stickiness.enabled with stickiness.type lb_cookie, of the target group"},
		{apache, "stickysession= of ProxySet with mod_proxy_balancer"},
	},
	adviceResumption: {
		{nginx, "ssl_session_cache shared:SSL:10m; ssl_session_tickets on; with several machines one ssl_session_ticket_key"},
		{haproxy, "tune.ssl.cachesize; no no-tls-tickets on the bind line"},
		{envoy, "session_ticket_keys, the same on all; disable_stateless_session_resumption off"},
		{alb, "resumes by itself and has no setting for it"},
		{apache, "SSLSessionCache shmcb:…; SSLSessionTickets on"},
	},
	adviceTLSVersion: {
		{nginx, "ssl_protocols TLSv1.2 TLSv1.3;"},
		{haproxy, "ssl-min-ver TLSv1.2, no ssl-max-ver"},
		{envoy, "tls_maximum_protocol_version: TLSv1_3"},
		{alb, "a security policy with TLS 1.3, such as ELBSecurityPolicy-TLS13-1-2-2021-06"},
		{apache, "SSLProtocol -all +TLSv1.2 +TLSv1.3"},
	},
	adviceALPN: {
		{nginx, "http2 on; (listen … http2 before 1.25.1) offers both"},
		{haproxy, "alpn h2,http/1.1 on the bind line"},
		{envoy, "alpn_protocols: [h2, http/1.1]; allow_connect for WebSocket over HTTP/2"},
		{alb, "routing.http2.enabled; HTTP/1.1 is always there"},
		{apache, "Protocols h2 http/1.1"},
	},
}

// changes are the settings of a topic.
func changes(t topic) []Change { return slices.Clone(advice[t]) }

// preferProducts puts the settings of products that betrayed themselves first, behind the application's own.
func preferProducts(changes []Change, seen []string) {
	rank := func(c Change) int {
		switch {
		case c.Server == own:
			return 0
		case slices.Contains(seen, c.Server):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return rank(a) - rank(b) })
}

// sign is how a product betrays itself in an answer's head.
type sign struct {
	field string
	// part is text in the field's value, "" for any; lower case.
	part    string
	product string
}

// signs are what proxies and CDNs are known to leave. None is proof: a field can be set by hand.
var signs = []sign{
	{"Server", "nginx", nginx},
	{"Server", "openresty", nginx},
	{"Server", "envoy", envoy},
	{"Server", "istio-envoy", envoy},
	{"X-Envoy-Upstream-Service-Time", "", envoy},
	{"Server", "awselb", alb},
	{"Set-Cookie", "awsalb", alb},
	{"Server", "apache", apache},
	{"Server", "cloudflare", "Cloudflare"},
	{"Cf-Ray", "", "Cloudflare"},
	{"X-Amz-Cf-Id", "", "Amazon CloudFront"},
	{"Via", "cloudfront", "Amazon CloudFront"},
	{"Via", "google", "Google Front End"},
	{"Server", "gws", "Google Front End"},
	{"Server", "akamaighost", "Akamai"},
	{"X-Served-By", "cache-", "Fastly"},
	{"Fastly-Debug-Digest", "", "Fastly"},
	{"Via", "varnish", "Varnish"},
	{"X-Varnish", "", "Varnish"},
	{"Server", "caddy", "Caddy"},
	{"Via", "caddy", "Caddy"},
	{"Server", "traefik", "Traefik"},
	{"Via", "heroku", "Heroku's router"},
	{"Via", "vegur", "Heroku's router"},
	{"Server", "kestrel", "Kestrel"},
	{"Server", "microsoft-iis", "IIS"},
	{"X-Azure-Ref", "", "Azure Front Door"},
	{"X-Vercel-Id", "", "Vercel"},
	{"Fly-Request-Id", "", "Fly.io's proxy"},
	{"Set-Cookie", "bigipserver", "BIG-IP"},
	{"Via", "squid", "Squid"},
	{"Server", "litespeed", "LiteSpeed"},
	{"X-Kong-Proxy-Latency", "", "Kong"},
	{"Via", "kong", "Kong"},
	{"Server", "uvicorn", "Uvicorn"},
	{"Server", "cowboy", "Cowboy"},
}

// betrayingFields are the fields that signs look at.
func betrayingFields() []string {
	var names []string
	for _, s := range signs {
		if !slices.Contains(names, s.field) {
			names = append(names, s.field)
		}
	}
	return names
}

// betrayed are the products that left a sign in any of the answers, in order of appearance.
func betrayed(all []answer) []string {
	seen := []string{}
	for _, a := range all {
		for _, s := range signs {
			if s.in(a) && !slices.Contains(seen, s.product) {
				seen = append(seen, s.product)
			}
		}
	}
	return seen
}

func (s sign) in(a answer) bool {
	for _, v := range a.Header.Values(s.field) {
		if strings.Contains(strings.ToLower(v), s.part) {
			return true
		}
	}
	return false
}
