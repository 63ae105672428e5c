<?php

namespace Aws\Exception;

use RuntimeException;

/** An operation was refused. */
class AwsException extends RuntimeException
{
    public function __construct(string $message, private string $type)
    {
        parent::__construct($message);
    }

    public function getAwsErrorCode(): string
    {
        return $this->type;
    }
}
