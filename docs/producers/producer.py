# pip install boto3; QUEUE_URL=https://sqs.… python producer.py
import json
import os
import uuid

import boto3

queue_url, job_id = os.environ["QUEUE_URL"], str(uuid.uuid4())  # sent twice, a job with the same uuid is one job
job = {"uuid": job_id, "job": "App\\Jobs\\ImportCsv", "data": {"url": "s3://imports/customers.csv", "table": "customers"}}
order = {"DelaySeconds": 5}
if queue_url.endswith(".fifo"):
    order = {"MessageGroupId": "customers", "MessageDeduplicationId": job_id}
boto3.client("sqs").send_message(QueueUrl=queue_url, MessageBody=json.dumps(job), **order)
