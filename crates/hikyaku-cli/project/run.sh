#!/usr/bin/env bash
# `make run`: starts the local cloud of template.yaml, sends one event, shows what became of it, and stops the cloud.
# run.sh HIKYAKU EVENT QUEUE
set -euo pipefail
cd "$(dirname "$0")"
hikyaku=$1 event=$2 queue=$3
log=target/run.log
here=--local=.hikyaku/local.json

command -v "$hikyaku" > /dev/null || {
  echo "there is no command $hikyaku: install hikyaku, or say where it is: make run HIKYAKU=/path/to/hikyaku" >&2
  exit 1
}

mkdir -p target
# Emptied before the cloud starts: what the last one said would be taken for this one's.
: > "$log"
"$hikyaku" dev --sqs-port 0 --dynamodb-port 0 --lambda-port 0 > "$log" 2>&1 &
cloud=$!
trap 'kill $cloud 2> /dev/null; wait $cloud || true' EXIT
until grep -q "Lambda answers" "$log"; do
  kill -0 $cloud 2> /dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
echo "The local cloud of template.yaml runs."

uuid=$("$hikyaku" dispatch --event "$event" --queue "$queue" "$here")
echo "Sent $event to $queue; the job's uuid is $uuid."
state=unknown
for ((i = 0; i < 300; i++)); do
  state=$("$hikyaku" show "$uuid" "$here" --json | sed -n 's/^  "state": "\(.*\)",*$/\1/p') || true
  case $state in done | failed | cancelled) break ;; esac
  sleep 0.2
done

echo
echo "Its log lines (hikyaku tail):"
"$hikyaku" tail "$uuid" "$here" 2>&1 | sed 's/^/  /' || true
echo
echo "What is known of it (hikyaku show):"
"$hikyaku" show "$uuid" "$here" 2>&1 | sed 's/^/  /' || true
echo
case $state in
  done) echo "Done. All that the cloud said is in $log." ;;
  failed | cancelled) echo "The job has $state. All that the cloud said is in $log." >&2; exit 1 ;;
  *) echo "After a minute the job is still $state. All that the cloud said is in $log." >&2; exit 1 ;;
esac
