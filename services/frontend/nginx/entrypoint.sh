#!/bin/sh
# Writes the part of nginx' configuration that depends on where it runs, then becomes nginx.
#
#   REACT_APP_API_URL  the backend, http(s)://HOST[:PORT][/BASE]            default http://backend:80
#   PORT               where to listen                                      default 80
#   TMPDIR             the only place written to, as TMPDIR/nginx           default /tmp
#   RESOLVER           DNS servers, as nginx writes them (ADDRESS[:PORT])   default those of /etc/resolv.conf
#   RESOLV_CONF        the file that names DNS servers and search domains   default /etc/resolv.conf
#   SSL_CERT_FILE      the roots that an https backend is verified against  default those of the system
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
run=${TMPDIR:-/tmp}/nginx
url=${REACT_APP_API_URL:-http://backend:80}
port=${PORT:-80}
resolv_conf=${RESOLV_CONF:-/etc/resolv.conf}

say() { printf 'frontend: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

bad_url() {
    die "REACT_APP_API_URL is \"$url\": $1. Write it as http://HOST[:PORT][/BASE], for example http://backend:80."
}

is_port() {
    case $1 in '' | 0* | *[!0-9]* | ??????*) return 1 ;; esac
    [ "$1" -le 65535 ]
}

# Everything that is not refused here ends up in nginx' configuration.
parse_url() {
    case $url in
        http://*) scheme=http; default_port=80 ;;
        https://*) scheme=https; default_port=443 ;;
        *) bad_url 'it does not begin with http:// or https://' ;;
    esac
    rest=${url#*://}
    authority=${rest%%/*}
    base=${rest#"$authority"}
    base=${base%/}
    case $authority in
        # Not shown: what stands there is a secret.
        *@*) die 'REACT_APP_API_URL holds a user or password, which the backend does not take. Leave out what is before the @.' ;;
        '['*']') host=$authority; backend_port=$default_port ;;
        '['*']:'*) host=${authority%:*}; backend_port=${authority##*:} ;;
        *:*) host=${authority%%:*}; backend_port=${authority#*:} ;;
        *) host=$authority; backend_port=$default_port ;;
    esac
    case $host in
        '') bad_url 'the host is missing' ;;
        '['*[!0-9a-fA-F:.]*']') bad_url 'the IPv6 address is not one' ;;
        '['*) ;;
        *[!A-Za-z0-9._-]* | [.-]* | *..*) bad_url 'the host has characters that a name or an address cannot have' ;;
    esac
    is_port "$backend_port" || bad_url "\"$backend_port\" is not a port from 1 to 65535"
    case $base in *[!A-Za-z0-9._~/-]* | *..*) bad_url 'the path may hold letters, digits and . _ ~ / - only' ;; esac
}

# nginx asks DNS itself and reads neither /etc/hosts nor search domains; both are done here, once.
hosts_address() {
    [ -r /etc/hosts ] || return 0
    while read -r address names || [ -n "$address" ]; do
        case $address in '' | '#'*) continue ;; esac
        for name in ${names%%#*}; do
            [ "$name" = "$1" ] || continue
            case $address in *:*) address="[$address]" ;; esac
            printf %s "$address"
            return
        done
    done </etc/hosts
}

# The kubelet writes "search NAMESPACE.svc.ZONE svc.ZONE ZONE". Elsewhere a name is taken as it is, as a
# container engine's DNS wants it. A trailing dot says that a name is complete.
in_cluster_name() {
    namespace_domain=
    while read -r key values || [ -n "$key" ]; do
        [ "$key" = search ] || continue
        for domain in $values; do
            case $domain in [!.]*.svc.*) namespace_domain=${domain%.}; break ;; esac
        done
    done <"$resolv_conf"
    services_domain=${namespace_domain#*.}
    case $namespace_domain:$1 in
        :* | *. | *:*.*.svc.*) printf %s "${1%.}" ;;
        *:*.*.svc) printf %s "$1.${services_domain#svc.}" ;;
        *:*.*.*) printf %s "$1" ;;
        *:*.*) printf %s "$1.$services_domain" ;;
        *) printf %s "$1.$namespace_domain" ;;
    esac
}

resolve_later() {
    case $host in
        '['*) return ;;
        *[!0-9.]*) ;;
        *) return ;;
    esac
    address=$(hosts_address "$host")
    host=${address:-$(in_cluster_name "$host")}
}

nameservers() {
    found=
    while read -r key value _ || [ -n "$key" ]; do
        [ "$key" = nameserver ] || continue
        # nginx cannot name the interface that a link-local address belongs to.
        case $value in *%*) continue ;; *:*) value="[$value]" ;; esac
        found="${found:+$found }$value"
    done <"$resolv_conf"
    printf %s "${found:-127.0.0.1}"
}

has_ipv6() { read -r _ </proc/net/if_inet6; } 2>/dev/null

roots() {
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem; do
        if [ -r "$file" ]; then printf %s "$file"; return; fi
    done
    die "REACT_APP_API_URL is \"$url\", but there are no root certificates to verify it against. Mount some and set SSL_CERT_FILE."
}

parse_url
is_port "$port" || die "PORT is \"$port\": it has to be a number from 1 to 65535."
[ -r "$resolv_conf" ] || resolv_conf=/dev/null
case ${RESOLVER:-} in *[!]0-9a-fA-F.:\ []*) die "RESOLVER is \"$RESOLVER\": it has to be addresses of DNS servers." ;; esac
[ "$scheme" = http ] || roots=$(roots)
server_name=$host
resolve_later

mkdir -p "$run" 2>/dev/null && [ -w "$run" ] || die "\"$run\" cannot be written. Mount an emptyDir at ${TMPDIR:-/tmp}."
# An engine that gives the container's user no right to its own stdout would otherwise keep nginx from starting.
access_log='/dev/stdout json'
if ! (: >>/dev/stdout) 2>/dev/null; then
    say 'stdout cannot be opened, so requests are not logged.'
    access_log=off
fi

{
    printf 'listen %s;\n' "$port"
    ipv6=off
    if has_ipv6; then
        printf 'listen [::]:%s;\n' "$port"
        ipv6=on
    fi
    printf 'root "%s/html";\n' "$here"
    printf 'resolver %s valid=10s ipv6=%s;\nresolver_timeout 3s;\n' "${RESOLVER:-$(nameservers)}" "$ipv6"
    printf 'set $backend "%s://%s:%s%s";\n' "$scheme" "$host" "$backend_port" "$base"
    if [ "$scheme" = https ]; then
        printf 'proxy_ssl_verify on;\nproxy_ssl_verify_depth 4;\nproxy_ssl_trusted_certificate "%s";\nproxy_ssl_name "%s";\n' "$roots" "$server_name"
    fi
    printf 'access_log %s;\n' "$access_log"
} >"$run/runtime.conf"
cp "$here/nginx.conf" "$run/nginx.conf"

say "listening on port $port, /api/ goes to $scheme://$host:$backend_port$base"
exec nginx -e stderr -p "$run" -c "$run/nginx.conf" -g 'daemon off;'
