#!/bin/sh
# Starts Postgres on a volume, which it initialises when it is new. Plain POSIX sh: it runs on Alpine and on Debian, as
# any user, with a read-only root file system and no capabilities. README.md says what can be set.
set -eu
unset given # an inherited variable of that name is not ours
umask 077

say() { printf 'database: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# As process 1 a shell ignores the signals that it has no trap for. exec gives postgres the defaults back.
trap 'exit 143' TERM
trap 'exit 130' INT

case "${1:-postgres}" in
postgres) [ $# -eq 0 ] || shift ;;
-*) ;;
*) exec "$@" ;; # a person's own command, such as `docker run … psql`
esac

PGDATA=${PGDATA:-/var/lib/postgresql/data/pgdata}
new=$PGDATA.init
sockets=${POSTGRES_SOCKET_DIR:-/var/run/postgresql}
scripts=${POSTGRES_INIT_DIR:-/docker-entrypoint-initdb.d}
POSTGRES_USER=${POSTGRES_USER:-postgres}
POSTGRES_DB=${POSTGRES_DB:-k8s_metrics}

find_programs() {
	for dir in /usr/lib/postgresql/15/bin /usr/local/bin /usr/bin; do
		if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then
			bin=$dir
			major=$("$bin/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
			return
		fi
	done
	die "this image holds no postgres"
}

# Postgres refuses to run as root: hand the volume to the image's own user and go on as that one.
leave_root() {
	mkdir -p "${PGDATA%/*}" "$sockets"
	user=$(awk -F: '$3 == 1000 {print $1; exit}' /etc/passwd)
	user=${user:-postgres}
	for path in "$sockets" "$PGDATA" "$PGDATA.init" "$PGDATA.lock"; do
		[ ! -e "$path" ] || [ "$(owner "$path")" = "$(id -u "$user")" ] || chown -R "$user" "$path"
	done
	# A host path is often root's own: without this the new user could make nothing in it.
	[ -e "$PGDATA" ] || chmod a+rwxt "${PGDATA%/*}"
	if setpriv --help 2>&1 | grep -q -e --reuid; then
		exec setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups "$0" "$@"
	fi
	for dropper in gosu su-exec; do
		if command -v "$dropper" >/dev/null; then exec "$dropper" "$user" "$0" "$@"; fi
	done
	die "started as root, and the image has none of setpriv, gosu and su-exec to leave it with: start it as uid 1000"
}

owner() { stat -c %u "$1"; }

# initdb asks for the name of the user it runs as, and ends without one.
name_user() {
	if awk -F: -v id="$(id -u)" '$3 == id {found = 1} END {exit !found}' /etc/passwd; then return; fi
	[ -w /etc/passwd ] ||
		die "uid $(id -u) has no name in /etc/passwd, which cannot be written: start it as uid 1000, or as group 0 with a writable root file system"
	echo "database$(id -u):x:$(id -u):$(id -g)::/tmp:/bin/sh" >>/etc/passwd
}

# Two servers on one volume would destroy it, and Postgres' own lock file does not see into another container. The lock
# is held by descriptor 9 for as long as this process, postgres after it, or any child lives.
lock_volume() {
	mkdir -p "${PGDATA%/*}" 2>/dev/null || true
	touch "$PGDATA.lock" 2>/dev/null ||
		die "uid $(id -u) cannot write to ${PGDATA%/*}: mount a volume that it may write to"
	command -v flock >/dev/null || { say "warning: no flock here: nothing keeps a second server from $PGDATA"; return; }
	exec 9>>"$PGDATA.lock"
	tries=0
	until flock -n 9; do
		[ $tries -gt 0 ] || say "waiting for the process that still uses $PGDATA"
		tries=$((tries + 1))
		[ $tries -lt "${POSTGRES_LOCK_SECONDS:-30}" ] || die "another process uses $PGDATA: only one server may"
		sleep 1
	done
}

# Says by its exit status whether the volume holds a database already.
initialised() {
	if [ -e "$PGDATA" ] && ! ls "$PGDATA" >/dev/null 2>&1; then belongs_to_another; fi
	if [ -f "$PGDATA/PG_VERSION" ]; then
		found=$(cat "$PGDATA/PG_VERSION")
		[ "$found" = "$major" ] ||
			die "$PGDATA was made by Postgres $found and this is Postgres $major: start it with an image of $found and dump it, or use pg_upgrade"
		[ "$(owner "$PGDATA")" = "$(id -u)" ] || belongs_to_another
		return 0
	fi
	[ -z "$(ls -A "$PGDATA" 2>/dev/null)" ] ||
		die "$PGDATA is not empty and holds no database: nothing is touched there; empty it or set PGDATA"
	if mountpoint -q "$PGDATA" 2>/dev/null; then
		die "$PGDATA is itself the mount: mount the volume at ${PGDATA%/*}, a database is made below its top"
	fi
	return 1
}

belongs_to_another() {
	die "$PGDATA belongs to uid $(owner "$PGDATA") and this process is uid $(id -u): start it as that uid, or once as root to hand it over"
}

# Sets password, from what was given or else the default.
read_password() {
	if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
		[ -z "${given+set}" ] || die "POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set: set one"
		[ -r "$POSTGRES_PASSWORD_FILE" ] || die "POSTGRES_PASSWORD_FILE: cannot read $POSTGRES_PASSWORD_FILE"
		password=$(cat "$POSTGRES_PASSWORD_FILE")
	else
		password=${given-postgres}
	fi
	[ -n "$password" ] || die "the password is empty: set POSTGRES_PASSWORD, or leave it unset for the default"
	[ "$(printf '%s' "$password" | wc -l)" -eq 0 ] || die "the password holds a line break"
}

# Makes the database in a directory beside its place and renames it when it is whole, so that an initialisation that was
# cut off is never taken for a database.
initialise() {
	read_password
	if [ -e "$new" ]; then
		say "an earlier initialisation was cut off: starting it again"
		rm -rf "$new"
	fi
	say "initialising a new volume at $PGDATA"
	mkdir "$new"
	private=$(mktemp -d) # for the password, and for a socket that nobody else can reach
	trap stop_initialising EXIT

	# printf is part of the shell: the password is in no process' arguments.
	printf '%s\n' "$password" >"$private/password"
	"$bin/initdb" -D "$new" --username="$POSTGRES_USER" --pwfile="$private/password" --encoding=UTF8 \
		--locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --data-checksums >"$private/log" 2>&1 ||
		{ cat "$private/log" >&2; die "initdb failed"; }
	rm "$private/password"
	cat >"$new/pg_hba.conf" <<-'HBA'
		# The socket is open to this process' own user alone; everybody else needs the password.
		local all all     trust
		host  all all all scram-sha-256
	HBA
	cat >>"$new/postgresql.conf" <<-'CONF'
		timezone = 'UTC'
		log_timezone = 'UTC'
		password_encryption = 'scram-sha-256'
		jit = off
	CONF

	"$bin/postgres" -D "$new" -c listen_addresses= -c unix_socket_directories="$private" \
		-c unix_socket_permissions=0700 >"$private/log" 2>&1 &
	server=$!
	until "$bin/pg_isready" -q -h "$private" -U "$POSTGRES_USER" -d postgres; do
		kill -0 "$server" 2>/dev/null || { cat "$private/log" >&2; die "the new database did not start"; }
		sleep 0.2
	done
	if [ "$POSTGRES_DB" != postgres ]; then
		sql postgres -v name="$POSTGRES_DB" <<-'SQL'
			CREATE DATABASE :"name";
		SQL
	fi
	for script in "$scripts"/*.sql; do
		[ -e "$script" ] || continue
		say "running $script"
		sql "$POSTGRES_DB" -f "$script"
	done
	kill -INT "$server"
	wait "$server" || { cat "$private/log" >&2; die "the new database did not shut down cleanly"; }
	server=

	[ ! -d "$PGDATA" ] || rmdir "$PGDATA"
	sync
	mv "$new" "$PGDATA"
	sync
	rm -rf "$private"
	trap - EXIT
	say "initialised"
}

sql() {
	database=$1
	shift
	"$bin/psql" -X -q -v ON_ERROR_STOP=1 -w -h "$private" -U "$POSTGRES_USER" -d "$database" "$@"
}

stop_initialising() {
	[ -z "${server:-}" ] || kill -QUIT "$server" 2>/dev/null || true
	rm -rf "$private"
}

[ "$(id -u)" -ne 0 ] || leave_root "$@"
# Out of the environment before any program of Postgres starts.
if [ -n "${POSTGRES_PASSWORD+set}" ]; then given=$POSTGRES_PASSWORD; fi
unset POSTGRES_PASSWORD
find_programs
lock_volume
if ! initialised; then
	name_user
	initialise
fi
exec "$bin/postgres" -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories="$sockets" \
	-c unix_socket_permissions=0700 "$@"
