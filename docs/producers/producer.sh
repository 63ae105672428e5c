#!/bin/sh
# pip install awscli; QUEUE_URL=https://sqs.… sh producer.sh
set -eu
uuid=$(python3 -c 'import uuid; print(uuid.uuid4())') # sent twice, a job with the same uuid is one job
body='{"uuid": "'$uuid'", "job": "App\\Jobs\\ImportCsv", "data": {"url": "s3://imports/customers.csv", "table": "customers"}}'
case $QUEUE_URL in
*.fifo) set -- --message-group-id customers --message-deduplication-id "$uuid" ;;
*) set -- --delay-seconds 5 ;;
esac
# Version 1 of the AWS CLI does not look at the variable itself.
[ -z "${AWS_ENDPOINT_URL_SQS-}" ] || set -- "$@" --endpoint-url "$AWS_ENDPOINT_URL_SQS"
aws sqs send-message --queue-url "$QUEUE_URL" --message-body "$body" "$@"
