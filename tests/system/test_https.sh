#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# HTTPS off loopback: a hub in one network namespace, its clients in another. Both are nobody else's and end with
# their processes, so that no address, name or port of this machine is touched.
if [ -z "${HTTPS_APART:-}" ]; then
	command -v ip >/dev/null || { echo "1..0 # SKIP ip is not installed (deploy/install-deps check)"; exit 0; }
	for how in --net --map-root-user\ --net; do
		# shellcheck disable=SC2086
		! unshare $how true 2>/dev/null || HTTPS_APART=1 exec unshare $how "$0"
	done
	echo "1..0 # SKIP a network of its own needs root, or user namespaces"
	exit 0
fi
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hublib.sh"
port=1 http=8470 hub4=192.0.2.1 hub6=2001:db8::1 one=192.0.2.2 two=192.0.2.3 three=192.0.2.4 four=192.0.2.5
url=https://$hub4:8443 own=$work/hub-keys/https.pem

# ---- the two networks ----

far() { nsenter --target "$pid_far" --net "$@"; }
apart() { [ "$(readlink "/proc/$pid_far/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
networks() {
	start far unshare --net sleep 300
	ip link set lo up && until_true 20 apart && ip link add near type veth peer name far netns "$pid_far" &&
		ip link set near up && far ip link set lo up && far ip link set far up &&
		far ip address add $one/24 dev far && far ip address add $two/24 dev far &&
		far ip address add $three/24 dev far && far ip address add $four/24 dev far
}
# only now: the hub has to wait for it
addresses() {
	ip address add $hub4/24 dev near
	[ ! -e /proc/net/if_inet6 ] || { ip address add $hub6/64 dev near nodad && far ip address add 2001:db8::2/64 dev far nodad; }
}

# ask PATH|URL [CURL OPTION]...: from far and its second address; head in $work/head, body in $work/body; prints the status
ask() {
	local at=$1
	[[ $at != /* ]] || at=$url$at
	: >"$work/body"
	far curl -s --max-time 20 --interface $two -D "$work/head" -o "$work/body" -w '%{http_code}' "${@:2}" "$at"
}
answers() { # STATUS PATH [CURL OPTION]...
	local code
	code=$(ask "${@:2}")
	[ "$code" = "$1" ] || { echo "expected $1, got $code"; cat "$work/head" "$work/body"; return 1; }
}
curl_fails() { # CODE PATH [CURL OPTION]...
	ask "${@:2}" >/dev/null
	local code=$?
	[ $code = "$1" ] || { echo "curl: $code, expected $1"; return 1; }
}

# conf_with LINE...: below [hub], after those of hub_conf
conf_with() {
	hub_conf
	printf '%s\n' "$@" >"$work/lines"
	sed -i "/^\[hub\]/r $work/lines" "$work/hub.conf"
}
# refuses TEXT: it does not start, and says why
refuses() {
	! timeout 30 "$HUB_BIN" --config "$work/hub.conf" >"$work/refused" 2>&1 && grep -F -- "$1" "$work/refused" ||
		{ cat "$work/refused"; return 1; }
}
fingerprint() { openssl x509 -in "$own" -noout -fingerprint -sha256 | sed 's/.*=//'; }

check "two networks" networks
site() {
	conf_with "listen = $hub4:8443" "address = 127.0.0.1" "port = $http" && mkdir -p "$work/hub" "$work/hub-keys" &&
		chmod 700 "$work/hub" "$work/hub-keys" && "$HUB_BIN" --config "$work/hub.conf" --init >"$work/init.log" 2>&1 &&
		password=$(awk '$1 == "password" { print $2 }' "$work/init.log") && [ -n "$password" ]
}
check "a site is made" site
check "--init prints the certificate's fingerprint" grep -qxF "  $(fingerprint)" "$work/init.log"
check "so does --fingerprint" test "$("$HUB_BIN" --config "$work/hub.conf" --fingerprint)" = "$(fingerprint)"
check "its key is the owner's alone" test "$(stat -c %a "$work/hub-keys/https.key")" = 600
check "the hub starts before the machine has the address" hub_start
check "and says what it serves, and the fingerprint" hub_log_has "https://$hub4:8443, certificate $(fingerprint)"
check "the machine gets the address" addresses

# ---- handshakes that never end, of one address, all through what follows from another ----

# 60 connections that say nothing but how a handshake begins; then waits until each was cut
# shellcheck disable=SC2016
start slow nsenter --target "$pid_far" --net bash -c '
	fds=()
	for i in {1..60}; do
		exec {fd}<>"/dev/tcp/$1/8443" && printf "\x16\x03\x01" >&$fd && fds+=($fd)
	done 2>/dev/null
	echo open
	for fd in "${fds[@]}"; do
		read -r -t 40 -N 1 -u $fd
		(($? <= 128)) || { echo "one is never cut"; exit 1; }
	done
	echo "cut after $SECONDS seconds"' slow $hub4
slow_says() { grep -c "$1" "$work/slow.log" >/dev/null; }
check "somebody begins handshakes and ends none" until_true 30 slow_says open
# from now on who does not choose comes from the second address
far ip route replace 192.0.2.0/24 dev far src $two
check "who knows the certificate is served: the API" answers 401 /api/v1/status --cacert "$own"
check "and the page" answers 200 / --cacert "$own"
not_one_more() { ! far curl -s --max-time 5 --interface $one -k "$url/" >/dev/null && ! slow_says cut; }
check "that somebody gets no more connections" not_one_more

# ---- who is who ----

check "who does not know it is not served" curl_fails 60 /
check "nor under a name that it does not have" curl_fails 60 https://hub.example:8443/ --cacert "$own" --connect-to "hub.example::$hub4:"
pin() { openssl x509 -in "$own" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64; }
check "a pinned key is enough" answers 200 / -k --pinnedpubkey "sha256//$(pin)"
check "and another key's is refused" curl_fails 90 / -k --pinnedpubkey "sha256//$(openssl rand -base64 32)"
tls() { far openssl s_client -connect $hub4:8443 -bind $two -cipher 'ALL:@SECLEVEL=0' "$@" </dev/null >"$work/tls" 2>&1; }
spoken() { tls "-tls$1" && grep -E "^New, TLSv$2, Cipher is [A-Z]" "$work/tls"; }
# that it was asked shows in what was written
unspoken() { ! tls "-tls$1" && grep 'Cipher is (NONE)' "$work/tls" && grep -E 'read 0 bytes and written [1-9]|read 7 bytes and written [1-9]' "$work/tls"; }
check "TLS 1.3" spoken 1_3 1.3
check "TLS 1.2" spoken 1_2 1.2
check "TLS 1.1 is refused" unspoken 1_1
check "TLS 1.0 is refused" unspoken 1
secret() { tls -tls1_2 -cipher "$1" && return 1; grep 'Cipher is (NONE)' "$work/tls"; }
check "no cipher without forward secrecy" secret AES256-GCM-SHA384
check "none without authenticated encryption" secret ECDHE-ECDSA-AES128-SHA

# ---- plain HTTP ----

check "the plain port is not reached" curl_fails 7 "http://$hub4:$http/"
check "it answers on its machine" test "$(curl -s -o "$work/body" -w '%{http_code}' "http://127.0.0.1:$http/")" = 200
plainly() { [ "$(ask "http://$hub4:8443/")" = 000 ] && [ ! -s "$work/body" ]; }
check "the port of HTTPS says nothing to plain HTTP" plainly

# ---- a session ----

login='{"operator": "admin", "password": "'$password'"'
json=(-H 'Content-Type: application/json')
by_key() {
	answers 201 /api/v1/session --cacert "$own" "${json[@]}" -d "$login}" && key=$(jq -r .key "$work/body") &&
		answers 200 /api/v1/status --cacert "$own" -H "Authorization: Bearer $key" &&
		[ "$(jq -r .https.fingerprint "$work/body")" = "$(fingerprint)" ]
}
check "login, and the key is good" by_key
bodies() { # larger than any buffer on the way
	head -c 3000000 /dev/zero | tr '\0' x >"$work/large"
	answers 400 /api/v1/members/import --cacert "$own" -H "Authorization: Bearer $key" -H 'Content-Type: text/csv' \
		--data-binary "@$work/large"
}
check "a body of 3 MB arrives" bodies
tried() { # who it was, for the limit of an address
	answers 401 /api/v1/session --cacert "$own" "${json[@]}" -d '{"operator": "nobody", "password": "not this"}' &&
		answers 200 "/api/v1/audit" --cacert "$own" -H "Authorization: Bearer $key" && grep -F "$two" "$work/body"
}
check "a wrong password is the address's" tried
by_cookie() {
	answers 201 /api/v1/session --cacert "$own" -c "$work/jar" "${json[@]}" -d "$login, \"cookie\": true}" || return 1
	tr -d '\r' <"$work/head" | grep -iE '^Set-Cookie: __Host-tapin=[^;]+;' >"$work/cookie" || { cat "$work/head"; return 1; }
	for word in Secure HttpOnly SameSite=Strict Path=/; do grep -qF "; $word" "$work/cookie" || { cat "$work/cookie"; return 1; }; done
	answers 200 /api/v1/status --cacert "$own" -b "$work/jar"
}
told() { grep -qx "event: $1" "$work/stream.log"; }
stream() {
	start stream nsenter --target "$pid_far" --net curl -sN --interface $two --cacert "$own" \
		-H "Authorization: Bearer $key" "$url/api/v1/stream"
	until_true 20 told hello || return 1
	answers 201 /api/v1/tiers --cacert "$own" -H "Authorization: Bearer $key" "${json[@]}" \
		-d '{"name": "Members", "hours": "24/7"}' && until_true 20 told changed || { cat "$work/stream.log"; return 1; }
}
check "login by a cookie for HTTPS alone" by_cookie
check "events come as they happen" stream
# given NAME DAYS KEY...: $work/NAME.pem and .key, certified by $work/ca.pem
given() {
	openssl req -newkey "${@:3}" -nodes -keyout "$work/$1.key" -subj "/CN=$1" -out "$work/$1.csr" &&
		openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days "$2" \
			-extfile <(echo "subjectAltName=IP:$hub4") -out "$work/$1.pem" && chmod 600 "$work/$1.key"
} 2>/dev/null
made() {
	local ec=(ec -pkeyopt ec_paramgen_curve:P-256)
	openssl req -x509 -newkey "${ec[@]}" -nodes -keyout "$work/ca.key" -subj /CN=ca -days 30 \
		-out "$work/ca.pem" 2>/dev/null && given good 100 rsa:2048 && given soon 10 "${ec[@]}" &&
		given over -1 "${ec[@]}"
}
check "certificates are made" made
t() { far env TAPIN_HUB="$url" XDG_STATE_HOME="$work/state" TZ=UTC "${@:1:$#}"; }
cli() {
	t TAPIN_CA="$own" "$B/bin/tapin" login admin --password-stdin <<<"$password" && t TAPIN_CA="$own" "$B/bin/tapin" site status
}
check "the command line comes in by TAPIN_CA" cli
cli_unknown() { ! t "$B/bin/tapin" site status 2>"$work/err" && grep 'is this your hub?.*TAPIN_CA' "$work/err" || { cat "$work/err"; return 1; }; }
check "and without it says what to do" cli_unknown
browser() {
	far timeout 90 node tests/web/https.mjs "$url/" "$(pin)" "$password" "$work" 2>&1
}
if command -v node >/dev/null && command -v chromium >/dev/null && [ -e build/web/node_modules/playwright-core ]; then
	check "a browser, its cookie and its events" browser
else
	skip "a browser" "node, chromium or playwright-core is not here (deploy/install-deps web, make references)"
fi
check "handshakes that never end are cut" until_true $((40 * slow)) slow_says "cut after"
again() { [ "$(far curl -s --max-time 20 --interface $one --cacert "$own" -o "$work/body" -w '%{http_code}' "$url/")" = 200 ]; }
check "and their address is served again" until_true 20 again
# each hash holds the loop up: who has many addresses gets no more of them for it
crowd() {
	local i address
	for i in {1..20}; do printf 'url = "%s/api/v1/session"\noutput = "%s"\n' "$url" "$work/body"; done >"$work/twenty"
	for address in $one $two $three $four; do
		far curl -s --max-time 30 --interface $address --cacert "$own" "${json[@]}" -d '{"operator": "nobody", "password": "not this"}' \
			-w '%{http_code} %header{retry-after}\n' -K "$work/twenty"
	done >"$work/crowd"
	[ "$(grep -cx '429 1' "$work/crowd")" -gt 0 ] || { sort "$work/crowd" | uniq -c; return 1; }
}
check "tries of many addresses have a limit together" crowd
at_home() { [ "$(curl -s -o "$work/body" -w '%{http_code}' "${json[@]}" -d "$login}" "http://127.0.0.1:$http/api/v1/session")" = 201 ]; }
check "which keeps nobody out at the hub's machine" at_home
stop hub
check "the hub ends cleanly" test "$stopped" = 0
check "and says so to who watches" until_true 20 told end

# ---- every address ----

if [ -e /proc/net/if_inet6 ]; then
	conf_with 'listen = [::]:8443'
	check "every address is served" hub_start
	check "IPv4" answers 200 / -k
	six() { [ "$(far curl -s --max-time 20 -k -o "$work/body" -w '%{http_code}' "https://[$hub6]:8443/")" = 200 ]; }
	check "IPv6" six
	check "an IPv4 address is known as that" tried
	# 60 connections, each of another address of one /64, that say nothing; prints how many are left when 12 were closed
	many_of_a_host() {
		far ip -6 route add local 2001:db8:0:9::/64 dev lo && ip -6 route add 2001:db8:0:9::/64 via 2001:db8::2 || return 1
		start many nsenter --target "$pid_far" --net /usr/bin/python3 -c '
import select, socket, sys, time
opened = []
for i in range(1, 61):
    opened.append(socket.socket(socket.AF_INET6))
    opened[-1].setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND: each address of the network is ours
    opened[-1].bind(("2001:db8:0:9::%x" % i, 0))
    opened[-1].connect((sys.argv[1], 8443))
end = time.monotonic() + 20
while len(opened) > 48 and time.monotonic() < end:
    for closed in select.select(opened, [], [], 0.2)[0]:
        opened.remove(closed)
print(len(opened), flush=True)
time.sleep(60)' $hub6
		until_true 40 grep -q . "$work/many.log" && [ "$(cat "$work/many.log")" = 48 ] || { cat "$work/many.log"; return 1; }
	}
	check "the addresses of one /64 hold 48 connections together" many_of_a_host
	check "beside whom another network is served" six
	check "and IPv4" answers 200 / -k
	stop many
	stop hub
else
	skip "IPv6" "this kernel has none"
fi

# ---- what is refused, and certificates that are given ----

conf_with "address = $hub4"
check "plain HTTP off loopback is refused, and the way is named" refuses "plain HTTP is for this machine only: write 127.0.0.1 or ::1, and for others set listen = $hub4:8443, which is HTTPS"
conf_with "listen = $hub4:8443" "cert_file = $work/good.pem" "key_file = $work/soon.key"
check "a key of another certificate is refused" refuses "$work/soon.key: this key is not that of the certificate in $work/good.pem"
not_good() { ! "$HUB_BIN" --config "$work/hub.conf" --check 2>"$work/err" && grep 'this key is not that' "$work/err"; }
check "by --check, too" not_good
conf_with "listen = $hub4:8443" "cert_file = $work/good.pem" "key_file = $work/good.key"
chmod 644 "$work/good.key"
check "a key that others may read is refused" refuses "others may read this secret key (mode 0644); run: chmod 0600 $work/good.key"
chmod 600 "$work/good.key"
check "with the right ones it starts" hub_start
check "who knows who certified it is served" answers 200 / --cacert "$work/ca.pem"
check "and nothing is said of its days" eval '! hub_log_has "this certificate"'
stop hub
conf_with "listen = $hub4:8443" "cert_file = $work/soon.pem" "key_file = $work/soon.key"
check "with one that is soon over" hub_start
check "it warns" until_true 20 hub_log_has "soon.pem: this certificate ends at .*: renew it and restart tapin-hub"
stop hub
conf_with "listen = $hub4:8443" "cert_file = $work/over.pem" "key_file = $work/over.key"
check "with one that is over" hub_start
check "it says that browsers refuse it" until_true 20 hub_log_has "over.pem: this certificate ended at .* and browsers refuse it"
stop hub
before=$(fingerprint)
rm "$own"
conf_with "listen = $hub4:8443"
check "without its own it starts" hub_start
check "says that it made one" hub_log_has "there was no certificate for \[hub\] listen; a new one is made"
check "which is another" test "$before" != "$(fingerprint)"
check "and good" answers 200 / --cacert "$own"
stop hub
mv "$work/soon.key" "$work/hub-keys/https.key"
check "a pair that does not fit is refused with the way out" refuses "remove both and the hub makes new ones"
no_reports() { ! grep -iE "leak|runtime error|AddressSanitizer" "$work"/*.log; }
check "no sanitizer report in any log" no_reports
finish
