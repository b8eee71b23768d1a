#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# wire/mqtt against a real mosquitto: will, status, accounts, TLS, restarts, and hosts that do not answer.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/doorlib.sh"

client() { "$B/bin/virtual-mqtt" --host 127.0.0.1 --port "$port" --topic t "$@"; }
says() { grep -qs -- "$2" "$work/$1.log"; } # NAME TEXT
soon() { until_true $((10 * slow)) "$@"; }
broker_with() { # lines of mosquitto.conf on standard input, besides the listener
	{
		printf 'listener %s 127.0.0.1\nuser %s\n' "$port" "$(id -un)"
		cat
	} >"$work/mosquitto.conf"
	start broker "$(command -v mosquitto || echo /usr/sbin/mosquitto)" -c "$work/mosquitto.conf"
	until_true 5 broker_answers
}
# the worst call on the loop's side, in microseconds
worst() { sed -n 's/^calls .* worst \([0-9]*\) us.*/\1/p' "$work/$1.log"; }
prompt() { # NAME: no call kept the loop for 50 ms
	[ "$(worst "$1")" -lt $((50000 * slow)) ] || { cat "$work/$1.log"; return 1; }
}
closed_within() { # NAME MS
	[ "$(sed -n 's/.* closed in \([0-9]*\) ms$/\1/p' "$work/$1.log")" -le "$2" ]
}
nothing_lost() { awk '/^calls/ { good = $8 == $10 && $8 > 0 } END { exit !good }' "$work/$1.log"; } # published = acknowledged

port=$(free_port)
broker_with <<<'allow_anonymous true'
start watch mosquitto_sub -h 127.0.0.1 -p "$port" -v -t 't/#'
soon mosquitto_pub -h 127.0.0.1 -p "$port" -t t/x -m subscribed -r
soon says watch subscribed

# ---- status and will ----
# a root that was never a whole machine may have no /etc/hosts
name=localhost
getent ahosts localhost >/dev/null || name=127.0.0.1
start a "$B/bin/virtual-mqtt" --host $name --port "$port" --topic t
check "connects to $name and publishes its status" soon says watch '^t/status online$'
check "the status is retained" test "$(mosquitto_sub -h 127.0.0.1 -p "$port" -t t/status -C 1 -W 5)" = online
mosquitto_pub -h 127.0.0.1 -p "$port" -t t/in -m hello -q 1
check "a message arrives" soon says a '^message t/in hello$'
head -c 131073 /dev/zero | mosquitto_pub -h 127.0.0.1 -p "$port" -t t/in -s -q 1
mosquitto_pub -h 127.0.0.1 -p "$port" -t t/in -m after -q 1
check "the message after one too large arrives" soon says a '^message t/in after$'
stop a
check "the one too large was dropped and counted" says a ' dropped 1 '
check "everything published was acknowledged" nothing_lost a
check "a clean end says so itself" soon says watch '^t/status stopped$'
check "a clean end triggers no will" sh -c "! grep -q 'status gone' '$work/watch.log'"
start b "$B/bin/virtual-mqtt" --host 127.0.0.1 --port "$port" --topic t
soon says b '^connected$'
stop b KILL
check "kill -9 lets the broker publish the will" soon says watch '^t/status gone$'

# ---- the broker comes and goes ----
start c "$B/bin/virtual-mqtt" --host 127.0.0.1 --port "$port" --topic t
soon says c '^connected$'
stop broker
check "a lost broker is said" soon says c '^disconnected broker 127.0.0.1:'
sleep 1
broker_with <<<'allow_anonymous true'
twice() { [ "$(grep -c '^connected$' "$work/c.log")" = 2 ]; }
check "a broker that is back is found" soon twice
check "the status is published again" test "$(mosquitto_sub -h 127.0.0.1 -p "$port" -t t/status -C 1 -W 5)" = online
# frozen: reads nothing, answers nothing; after 5 s without a word it is asked, 5 s later it is gone
connections=$(grep -c '^connected$' "$work/c.log")
kill -STOP "$pid_broker"
check "a frozen broker is noticed" until_true $((20 * slow)) says c '^disconnected .*it answers no more'
kill -CONT "$pid_broker"
again() { [ "$(grep -c '^connected$' "$work/c.log")" -gt "$connections" ]; }
check "and found again when it thaws" until_true $((20 * slow)) again
stop c
check "no call waits for a broker that stops, comes or freezes (worst $(worst c) us)" prompt c
stop watch
stop broker

# ---- accounts ----
(umask 077 && echo good >"$work/good" && echo bad >"$work/bad")
mosquitto_passwd -b -c "$work/users" door good
broker_with <<<"password_file $work/users"
start d "$B/bin/virtual-mqtt" --host 127.0.0.1 --port "$port" --topic t --username door --password-file "$work/good"
check "a password is taken from its file" soon says d '^connected$'
stop d
start e "$B/bin/virtual-mqtt" --host 127.0.0.1 --port "$port" --topic t --username door --password-file "$work/bad"
check "a wrong password is said with what to check" soon says e 'disconnected .*not authorised.*password file'
stop e
start f "$B/bin/virtual-mqtt" --host 127.0.0.1 --port "$port" --topic t
check "a missing account is said" soon says f 'disconnected .*not authorised'
stop f
chmod 644 "$work/good"
refuses() { # TEXT OPTION...: ends at once, saying TEXT
	local text=$1
	shift
	! client --seconds 1 "$@" >"$work/refuses.log" 2>&1 && grep -q -- "$text" "$work/refuses.log"
}
check "a password file that everybody may read is refused" refuses 'chmod o= ' --username door --password-file "$work/good"
check "a missing password file is refused by name" refuses "$work/none: No such file" --username door --password-file "$work/none"
stop broker

# ---- TLS, with certificates made here ----
certificate() { # CA NAME SUBJECT-ALT-NAME
	openssl req -newkey rsa:2048 -nodes -keyout "$work/$2.key" -subj "/CN=$2" -out "$work/$2.csr" &&
		openssl x509 -req -in "$work/$2.csr" -CA "$work/$1.crt" -CAkey "$work/$1.key" -CAcreateserial -days 2 \
			-extfile <(echo "subjectAltName=$3") -out "$work/$2.crt"
} 2>>"$work/openssl.log"
authority() { openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$1.key" -subj "/CN=$1" -days 2 -out "$work/$1.crt"; } 2>>"$work/openssl.log"
authority ca && authority stranger && certificate ca server IP:127.0.0.1 && certificate ca door DNS:door &&
	certificate stranger false-door DNS:door
tls() { start "$1" "$B/bin/virtual-mqtt" --host "$2" --port "$port" --topic t --ca-file "$work/$3.crt" "${@:4}"; }
broker_with <<EOT
cafile $work/ca.crt
certfile $work/server.crt
keyfile $work/server.key
require_certificate true
use_identity_as_username true
EOT
tls g 127.0.0.1 ca --cert-file "$work/door.crt" --key-file "$work/door.key"
check "TLS with a client certificate connects" soon says g '^connected$'
stop g
check "and everything published was acknowledged" nothing_lost g
tls h 127.0.0.1 stranger --cert-file "$work/door.crt" --key-file "$work/door.key"
check "a broker of another authority is refused" soon says h 'disconnected .*TLS.*check ca_file'
stop h
check "and nothing was published to it" says h ' published 0 '
tls i 127.0.0.1 ca
check "a missing client certificate is refused, with what to check" soon says i '^disconnected .*check .*cert_file'
stop i
check "and nothing was acknowledged" says i ' acknowledged 0 '
tls j 127.0.0.1 ca --cert-file "$work/false-door.crt" --key-file "$work/false-door.key"
check "a client certificate of another authority is refused, too" soon says j '^disconnected .*check .*cert_file'
stop j
if [ $name = localhost ]; then
	tls k localhost ca --cert-file "$work/door.crt" --key-file "$work/door.key"
	check "a certificate for another name is refused" soon says k 'disconnected .*TLS'
	stop k
else
	skip "a certificate for another name is refused" "localhost does not resolve here"
fi
check "a certificate without its key is refused" refuses 'key_file together' --ca-file "$work/ca.crt" --cert-file "$work/door.crt"
check "a missing CA file is refused by name" refuses "$work/none: No such file" --ca-file "$work/none"
stop broker

# ---- hosts that do not answer ----
start l "$B/bin/virtual-mqtt" --host no-such-host.invalid --port "$port" --topic t
check "a host name that does not resolve is said" soon says l 'does not resolve'
stop l
check "and keeps no call (worst $(worst l) us)" prompt l
start m "$B/bin/virtual-mqtt" --host a-name --port "$port" --topic t --slow-resolver 30 --close-ms 500
sleep 2
stop m
check "a resolver that hangs keeps no call (worst $(worst m) us)" prompt m
check "nor the end for longer than it may" closed_within m $((700 * slow))
silent() { # accepts and never answers
	exec /usr/bin/python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: c = s.accept(); time.sleep(60)' "$port"
}
start silent silent
until_true 5 broker_answers
start n "$B/bin/virtual-mqtt" --host 127.0.0.1 --port "$port" --topic t
sleep 2
stop n
check "a host that accepts and says nothing keeps no call (worst $(worst n) us)" prompt n
check "nor the end" closed_within n $((1200 * slow))
stop silent KILL
finish
