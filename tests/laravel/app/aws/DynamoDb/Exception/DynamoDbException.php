<?php

namespace Aws\DynamoDb\Exception;

use Aws\Exception\AwsException;

/** DynamoDB refused; its name of the reason is in the message, where Laravel looks for `ConditionalCheckFailed`. */
class DynamoDbException extends AwsException
{
}
