// npm install @aws-sdk/client-sqs; QUEUE_URL=https://sqs.… node producer.mjs
import { randomUUID } from "node:crypto";
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";

const QueueUrl = process.env.QUEUE_URL;
const uuid = randomUUID(); // sent twice, a job with the same uuid is one job
const data = { url: "s3://imports/customers.csv", table: "customers" };
const order = QueueUrl.endsWith(".fifo")
  ? { MessageGroupId: "customers", MessageDeduplicationId: uuid }
  : { DelaySeconds: 5 };
const MessageBody = JSON.stringify({ uuid, job: "App\\Jobs\\ImportCsv", data });
await new SQSClient().send(new SendMessageCommand({ QueueUrl, MessageBody, ...order }));
