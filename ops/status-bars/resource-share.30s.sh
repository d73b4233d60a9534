#!/bin/sh
# A plugin of xbar (https://xbarapp.com) or SwiftBar: into their folder of plugins, executable. It is called each 30 seconds, by its name.
# Where the daemon asks for a key: a file with the line `X-API-Key: rs_…`, mode 0600, at ~/.config/resource-share/glance-key.
url=${RESOURCE_SHARE_URL:-http://127.0.0.1:8765}
key=$HOME/.config/resource-share/glance-key
[ -r "$key" ] && set -- --header "@$key"
curl --silent --fail --max-time 2 "$@" "$url/v1/glance?as=text" || printf 'quota away\n---\n%s does not answer\n' "$url"
printf 'Dashboard | href=%s/dashboard\n' "$url"
