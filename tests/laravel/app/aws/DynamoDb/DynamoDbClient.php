<?php

namespace Aws\DynamoDb;

use Aws\DynamoDb\Exception\DynamoDbException;
use Aws\JsonClient;

/** DynamoDB, as far as Laravel's failed job provider and cache store call it. */
final class DynamoDbClient extends JsonClient
{
    protected const TARGET = 'DynamoDB_20120810';

    protected const EXCEPTION = DynamoDbException::class;
}
