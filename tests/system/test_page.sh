#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# What the hub serves to a browser: the page's files and their headers.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
port=1 page_port=$(free_port) web=$work/web url=http://127.0.0.1:$page_port

mkdir -p "$web/lib/deep" "$work/elsewhere"
printf '<!doctype html><link href="@V@/style.css"><script src="@V@/main.js"></script>\n' >"$web/index.html"
printf '// %01000d\nimport "./lib/rows.js";\n' 0 >"$web/main.js"
printf 'x{}' >"$web/style.css"
printf 'export const rows = [];\n' >"$web/lib/rows.js"
printf 'deep' >"$web/lib/deep/too.js"
printf 'secret' >"$work/elsewhere/secret.js"
printf 'secret' >"$web/.hidden.js"
printf 'secret' >"$web/notes.md"
ln -s ../elsewhere/secret.js "$web/link.js"
ln -s ../elsewhere "$web/folder"

# ask PATH [CURL OPTION]...: head in $work/head, body in $work/body; prints the status
ask() {
	: >"$work/body"
	curl -s --max-time 20 --path-as-is -D "$work/head" -o "$work/body" -w '%{http_code}' "${@:2}" "$url$1"
}
answers() { # STATUS PATH [CURL OPTION]...
	local code
	code=$(ask "${@:2}")
	[ "$code" = "$1" ] || { echo "expected $1, got $code"; cat "$work/head" "$work/body"; return 1; }
}
header() { tr -d '\r' <"$work/head" | sed -n "s/^$1: //Ip"; }
header_is() { [ "$(header "$1")" = "$2" ] || { echo "$1: $(header "$1"), expected $2"; return 1; }; }
hub_up() { mkdir -p "$work/hub" "$work/hub-keys" && chmod 700 "$work/hub" "$work/hub-keys" && hub_conf &&
	"$HUB_BIN" --config "$work/hub.conf" --init >"$work/init.log" 2>&1 && hub_start; }

check "the hub starts" hub_up
check "it says what it serves" hub_log_has "page: $web, 4 files"

index() {
	answers 200 / && header_is Content-Type 'text/html; charset=utf-8' && header_is Cache-Control no-cache &&
		digest=$(sed -nE 's#.*"/w/([0-9a-f]{32})/main.js".*#\1#p' "$work/body") && [ -n "$digest" ] &&
		header_is ETag "\"$digest\"" && ! grep @V@ "$work/body" && cp "$work/body" "$work/index" &&
		answers 200 /index.html && cmp "$work/body" "$work/index"
}
policies() {
	answers 200 / || return 1
	header_is Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'" &&
		header_is Cross-Origin-Opener-Policy same-origin && header_is Cross-Origin-Resource-Policy same-origin &&
		header_is X-Content-Type-Options nosniff && header_is X-Frame-Options DENY && header_is Referrer-Policy no-referrer &&
		[[ $(header Permissions-Policy) == *camera=\(\)*microphone=\(\)*usb=\(\)* ]] &&
		answers 401 /api/v1/doors && header_is Cross-Origin-Resource-Policy same-origin && header_is Cache-Control no-store &&
		header_is Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
}
unchanged() {
	answers 304 / -H "If-None-Match: \"$digest\"" && [ ! -s "$work/body" ] && header_is ETag "\"$digest\"" &&
		answers 304 / -H "If-None-Match: W/\"x\", \"$digest\"" && answers 304 / -H 'If-None-Match: *' &&
		answers 200 / -H "If-None-Match: \"0$digest\"" && answers 200 / -H 'If-None-Match: ""' &&
		answers 304 / -H "If-None-Match: \"$digest\"" -I && answers 200 / -I
}
kept() {
	answers 200 "/w/$digest/main.js" && cmp "$work/body" "$web/main.js" &&
		header_is Cache-Control 'public, max-age=31536000, immutable' && header_is Content-Type 'text/javascript; charset=utf-8' &&
		header_is ETag "\"$digest\"" && answers 304 "/w/$digest/main.js" -H "If-None-Match: \"$digest\"" &&
		answers 200 "/w/$digest/lib/rows.js" && cmp "$work/body" "$web/lib/rows.js" &&
		answers 200 "/w/$digest/style.css" && header_is Content-Type 'text/css; charset=utf-8' &&
		header_is X-Content-Type-Options nosniff && header_is Cross-Origin-Resource-Policy same-origin &&
		header_is Content-Security-Policy '' && header_is X-Frame-Options '' # what is no document is loaded a lot: few bytes
}
packed() {
	answers 200 "/w/$digest/main.js" -H 'Accept-Encoding: br;q=1, gzip;q=0.5' && header_is Content-Encoding gzip &&
		header_is Vary Accept-Encoding && header_is ETag "\"$digest-gzip\"" && gzip -dc <"$work/body" | cmp - "$web/main.js" &&
		[ "$(stat -c %s "$work/body")" -lt 200 ] && answers 200 "/w/$digest/main.js" -H 'Accept-Encoding: gzip;q=0, br' &&
		header_is Content-Encoding '' && header_is Vary Accept-Encoding &&
		answers 304 "/w/$digest/main.js" -H 'Accept-Encoding: gzip' -H "If-None-Match: \"$digest-gzip\"" &&
		answers 200 "/w/$digest/main.js" -H 'Accept-Encoding: gzip' -H "If-None-Match: \"$digest\"" &&
		answers 200 "/w/$digest/style.css" -H 'Accept-Encoding: gzip' && header_is Content-Encoding ''
}
absent() {
	local other=${digest%?}g path
	for path in "/w/$other/main.js" "/w/$digest/none.js" "/w/$digest/" "/w/$digest" /w/ "/w/$digest/index.html" \
		"/w/$digest/lib/deep/too.js" "/w/$digest/lib" "/w/$digest/.hidden.js" "/w/$digest/notes.md" "/w/$digest/Main.js" \
		"/w/$digest//main.js" /favicon.ico /w /index.htm; do
		answers 404 "$path" && header_is Content-Type application/problem+json || { echo "$path"; return 1; }
	done
}
tricks() {
	local path
	for path in "/w/$digest/link.js" "/w/$digest/folder/secret.js" "/w/../hub.conf" "/w/$digest/../../elsewhere/secret.js" \
		"/w/$digest/%2e%2e/secret.js" "/w/%2e%2e/%2e%2e/etc/passwd" "/w/$digest/lib/../main.js" "/w/$digest/.%2fmain.js" \
		"/w/$digest/main.js%00" "/w/$digest/main.js%0a" "/w/$digest/..%5cmain.js" "//w/$digest/main.js" "/w/$digest/main.js%20" \
		"/w/$digest/$(printf '%0400d' 0).js"; do
		[[ $(ask "$path") == 40[04] ]] && ! grep -E 'secret$|root:' "$work/body" || { echo "$path"; cat "$work/head" "$work/body"; return 1; }
	done
}
only_read() {
	local method
	for method in POST PUT DELETE PATCH OPTIONS; do
		answers 405 / -X "$method" -d x && header_is Allow 'GET, HEAD' && answers 405 "/w/$digest/main.js" -X "$method" || return 1
	done
}
check "the page is at / and asked for anew" index
check "with policies that let nothing else in; the API's let nothing in at all" policies
check "and is not sent again where it is there" unchanged
check "its files are kept for good, below their digest" kept
check "compressed where that is read" packed
check "what is not there is a problem document" absent
check "nothing outside the directory is reached" tricks
check "nothing but GET and HEAD" only_read

changed() {
	stop hub && printf '// more\n' >>"$web/lib/rows.js" && hub_start && answers 404 "/w/$digest/main.js" &&
		answers 200 / -H "If-None-Match: \"$digest\"" && ! grep "$digest" "$work/body"
}
none() {
	stop hub && rm "$web/index.html" && hub_start && hub_log_has "page: none: $web/index.html: is missing" && answers 404 / &&
		answers 401 /api/v1/doors && stop hub && rm -r "$web" && hub_start && hub_log_has "page: none: $web: No such" &&
		answers 404 / && grep -c 'no page is installed' "$work/body" >/dev/null
}
too_much() {
	stop hub && mkdir "$web" && : >"$web/index.html" && head -c 1048577 /dev/zero >"$web/a.txt" && hub_start &&
		hub_log_has 'a.txt: too large' && answers 404 / && stop hub && rm "$web/a.txt" &&
		for i in {1..200}; do : >"$web/$i.txt"; done && hub_start && hub_log_has 'one of more than 200 files' && answers 404 /
}
check "another file is another page" changed
check "without a page the API goes on" none
check "a directory that is too much is no page" too_much

# ---- the page's login by HTTPS ----

secure() {
	local login cookie tls_port
	tls_port=$(free_port)
	stop hub && sed -i "s/^web = .*/&\nlisten = 127.0.0.1:$tls_port/" "$work/hub.conf" && hub_start || return 1
	login="{\"operator\":\"admin\",\"password\":\"$(sed -nE 's/^ *password +([^ ]+).*/\1/p' "$work/init.log")\",\"cookie\":true}"
	local url=https://127.0.0.1:$tls_port post=(-k -H 'Content-Type: application/json' -d "$login")
	answers 403 /api/v1/session "${post[@]}" -H "Origin: http://127.0.0.1:$tls_port" &&
		answers 201 /api/v1/session "${post[@]}" -H "Origin: $url" || return 1
	cookie=$(header Set-Cookie)
	[[ $cookie =~ ^__Host-tapin=[0-9a-f]{64}\;\ HttpOnly\;\ SameSite=Strict\;\ Path=/\;\ Secure$ ]] || { echo "$cookie"; return 1; }
	cookie=${cookie%%;*}
	cp "$work/body" "$work/answer"
	answers 200 /api/v1/session -k -H "Cookie: $cookie" && [ "$(jq -r .operator "$work/body")" = admin ] &&
		answers 401 /api/v1/session -k -H "Cookie: ${cookie#__Host-}" &&
		answers 403 /api/v1/session -k -X DELETE -H "Cookie: $cookie" &&
		answers 204 /api/v1/session -k -X DELETE -H "Cookie: $cookie" -H "X-Tapin-CSRF: $(jq -r .csrf "$work/answer")" &&
		header_is Set-Cookie '__Host-tapin=; HttpOnly; SameSite=Strict; Path=/; Secure; Max-Age=0' &&
		answers 401 /api/v1/session -k -H "Cookie: $cookie"
}
check "by HTTPS the cookie is bound to host and TLS" secure

# ---- how often ----

count_of() { grep -c "$1" "$work/codes"; }
# asks N times of PATH on one connection; the statuses go to $work/codes, all heads to $work/head
many() { # N PATH [CURL OPTION]...
	curl -s --max-time 20 -D "$work/head" -o /dev/null -w '%{http_code}\n' "${@:3}" "$url$2?n=[1-$1]" >"$work/codes"
}
# one request in a second: six at once, or 48 files
hub_again() { stop hub && hub_start; }
limited() {
	stop hub && sed -i 's/^web = .*/&\nrequests_per_s = 1/' "$work/hub.conf" && hub_start && many 100 /api/v1/doors || return 1
	echo "$(count_of 401) answered, $(count_of 429) told to wait"
	[ "$(count_of 401)" -ge 6 ] && [ "$(count_of 429)" -ge 50 ] && [ "$(header Retry-After | grep -c '^1$')" = "$(count_of 429)" ]
}
files_are_cheap() {
	hub_again && many 40 / && [ "$(count_of 404)" = 40 ] && many 100 / && [ "$(count_of 429)" -ge 20 ]
}
each_their_own() {
	local key
	hub_again || return 1
	key=$(api POST /session "{\"operator\":\"admin\",\"password\":\"$(sed -nE 's/^ *password +([^ ]+).*/\1/p' "$work/init.log")\"}" | jq -r .key)
	many 100 /api/v1/doors && [ "$(count_of 429)" -ge 50 ] &&
		many 6 /api/v1/doors -H "Authorization: Bearer $key" && [ "$(count_of 400)" = 6 ] && # no such parameter
		many 100 /api/v1/doors -H "Authorization: Bearer $key" && [ "$(count_of 429)" -ge 50 ]
}
not_the_socket() {
	url=http://hub many 100 /api/v1/status --unix-socket "$work/hub.sock" && [ "$(count_of 429)" = 0 ]
}
check "who asks too often is told to wait" limited
check "files of the page count little" files_are_cheap
check "one session's haste is not another's" each_their_own
check "the Unix socket has no limit" not_the_socket
stop hub
check "it ends well" test "$stopped" = 0
finish
