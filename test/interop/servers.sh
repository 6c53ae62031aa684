#!/bin/bash
# Backends for tests of services: nginx on 10.10.0.11 and so on, in the inside namespace, whose checks
# are answered and who say which of them they are; /big takes its time.
# shellcheck disable=SC2154 # of lib.sh

SERVER=() # process ids
server() { # NUMBER [TEXT]: nginx that names itself, and says TEXT; without a file for its check it
	# asks for draining
	local dir=$BOX/nginx$1
	mkdir -p "$dir/www"
	echo alive >"$dir/www/alive"
	[ -e "$dir/www/big" ] || head -c 60000000 /dev/zero >"$dir/www/big"
	nginx_start $IN "$dir" <<-CONF
		server {
			listen 10.10.0.1$1:8080; root $dir/www;
			location = /who { default_type text/plain; return 200 "$1${2:+ $2}\n"; }
			location = /big { limit_rate 2m; }
		}
	CONF
	SERVER[$1]=$SPAWNED
	wait_for 10 at $IN curl -sf --max-time 1 "http://10.10.0.1$1:8080/alive" ||
		{ bad "nginx $1 starts" "$(cat "$dir/out" "$dir/error")"; finish; }
}
