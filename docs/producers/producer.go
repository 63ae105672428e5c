// go get github.com/aws/aws-sdk-go-v2/config github.com/aws/aws-sdk-go-v2/service/sqs github.com/google/uuid
// QUEUE_URL=https://sqs.… go run producer.go
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
)

func main() {
	id := uuid.NewString() // sent twice, a job with the same uuid is one job
	body, _ := json.Marshal(map[string]any{"uuid": id, "job": "App\\Jobs\\ImportCsv",
		"data": map[string]string{"url": "s3://imports/customers.csv", "table": "customers"}})
	message := &sqs.SendMessageInput{QueueUrl: aws.String(os.Getenv("QUEUE_URL")), MessageBody: aws.String(string(body))}
	if strings.HasSuffix(*message.QueueUrl, ".fifo") {
		message.MessageGroupId, message.MessageDeduplicationId = aws.String("customers"), aws.String(id)
	} else {
		message.DelaySeconds = 5
	}
	settings, err := config.LoadDefaultConfig(context.Background())
	if err == nil {
		_, err = sqs.NewFromConfig(settings, endpoint).SendMessage(context.Background(), message)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// endpoint is for the local cloud: newer versions of the SDK read AWS_ENDPOINT_URL_SQS themselves.
func endpoint(options *sqs.Options) {
	if url := os.Getenv("AWS_ENDPOINT_URL_SQS"); url != "" {
		options.EndpointResolver = sqs.EndpointResolverFromURL(url)
	}
}
