#!/bin/sh
# Stands between the backend and podman: faulty-podman.sh FOLDER podman and its options...
# Notes every `podman run` in FOLDER/creates, and does what the files in FOLDER say: `<fault>.<number>` concerns one call and is used
# up by it, `<fault>.always` all of them. A file holds a number, of seconds or connections, where the fault needs one.
folder=$1
shift

take() {
  number=0
  [ ! -e "$folder/$1.always" ] || return 0
  for file in "$folder/$1".[0-9]*; do
    if mv "$file" "$folder/taken.$$" 2>/dev/null; then
      number=$(cat "$folder/taken.$$")
      return 0
    fi
  done
  return 1
}
fail() {
  echo "Error: $1" >&2
  exit 125
}

for word; do
  case $word in
    run)
      echo "$*" >>"$folder/creates"
      if take lose-request; then fail "read: connection reset by peer"; fi
      if take lose-answer; then
        if [ "$number" = 0 ]; then "$@" >/dev/null 2>&1; else { sleep "$number"; "$@"; } >/dev/null 2>&1 & fi
        fail "read: connection reset by peer"
      fi
      if take slow-create; then sleep "$number"; fi
      # What stands behind the image is run in place of its own entry point: a machine whose image boots with a key of its own,
      # and stays so (-1) or until so many connections have met it; and one that is not even that.
      if take wrong-host-key; then
        set -- "$@" sh -c 'mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N "" -f /run/other-key; [ "$1" != -1 ] || exec /usr/sbin/sshd -D -h /run/other-key
          for connection in $(seq "$1"); do /usr/sbin/sshd -D -d -h /run/other-key; done; exec /usr/sbin/bridge-init' sh "$number"
      fi
      if take banner-only; then
        set -- "$@" python3 -c 'import socket
server, held = socket.create_server(("", 22)), []
while True:
    held.append(server.accept()[0])
    held[-1].sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")'
      fi
      break ;;
    ps)
      if take fail-list; then fail "database is locked"; fi
      if take hide-list; then echo "[]"; exit 0; fi
      break ;;
    rm)
      if take refuse-destroy; then fail "device or resource busy"; fi
      if take slow-destroy; then { sleep "$number"; "$@"; } >/dev/null 2>&1 & exit 0; fi
      break ;;
  esac
done
exec "$@"
