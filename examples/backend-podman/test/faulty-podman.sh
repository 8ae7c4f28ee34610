#!/bin/sh
# Stands between the backend and podman: faulty-podman.sh FOLDER podman and its options...
# Notes every `podman run` in FOLDER/creates, and does what the files in FOLDER say: `<fault>.<number>` concerns one call and is used
# up by it, `<fault>.always` all of them. A file holds seconds, where the fault needs any.
folder=$1
shift

take() {
  seconds=0
  [ ! -e "$folder/$1.always" ] || return 0
  for file in "$folder/$1".[0-9]*; do
    if mv "$file" "$folder/taken.$$" 2>/dev/null; then
      seconds=$(cat "$folder/taken.$$")
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
        if [ "$seconds" = 0 ]; then "$@" >/dev/null 2>&1; else { sleep "$seconds"; "$@"; } >/dev/null 2>&1 & fi
        fail "read: connection reset by peer"
      fi
      if take slow-create; then sleep "$seconds"; fi
      break ;;
    ps)
      if take fail-list; then fail "database is locked"; fi
      if take hide-list; then echo "[]"; exit 0; fi
      break ;;
    rm)
      if take refuse-destroy; then fail "device or resource busy"; fi
      if take slow-destroy; then { sleep "$seconds"; "$@"; } >/dev/null 2>&1 & exit 0; fi
      break ;;
  esac
done
exec "$@"
