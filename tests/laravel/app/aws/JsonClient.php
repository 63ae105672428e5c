<?php

namespace Aws;

use Aws\Exception\AwsException;

/**
 * AWS's JSON protocol over HTTP: as much of the SDK as Laravel calls, for an AWS on this machine. Its signature is of the
 * right form and signs nothing.
 *
 * An operation is a method of its own name, with the operation's input as the one argument.
 */
abstract class JsonClient
{
    protected const TARGET = '';

    protected const EXCEPTION = AwsException::class;

    public function __construct(private array $config)
    {
    }

    public function __call(string $operation, array $arguments): Result
    {
        return $this->call(ucfirst($operation), $arguments[0]);
    }

    protected function call(string $operation, array $input): Result
    {
        $context = stream_context_create(['http' => [
            'method' => 'POST',
            'ignore_errors' => true,
            'timeout' => 10,
            'header' => [
                'Content-Type: application/x-amz-json-1.0',
                'X-Amz-Target: '.static::TARGET.'.'.$operation,
                'X-Amz-Date: '.gmdate('Ymd\THis\Z'),
                'Authorization: AWS4-HMAC-SHA256 Credential=local/'.gmdate('Ymd').'/us-east-1/aws/aws4_request, SignedHeaders=host, Signature=0',
                'Connection: close',
            ],
            'content' => json_encode($input, JSON_THROW_ON_ERROR),
        ]]);
        $body = file_get_contents($this->config['endpoint'], false, $context);
        $status = isset($http_response_header) ? (int) explode(' ', $http_response_header[0])[1] : 0;
        $answer = json_decode($body ?: '{}', true, 512, JSON_THROW_ON_ERROR) ?? [];
        if ($status !== 200) {
            $type = preg_replace('/^.*#/', '', $answer['__type'] ?? 'Unknown');
            $class = static::EXCEPTION;
            throw new $class($operation.' was answered with '.$status.' '.$type.': '.($answer['message'] ?? $answer['Message'] ?? $body), $type);
        }

        return new Result($answer);
    }
}
