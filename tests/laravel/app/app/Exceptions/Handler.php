<?php

namespace App\Exceptions;

use Illuminate\Foundation\Exceptions\Handler as ExceptionHandler;
use Illuminate\Http\Response;
use Symfony\Component\HttpKernel\Exception\HttpExceptionInterface;
use Throwable;

/** Answers with a status alone: this application has no views. */
final class Handler extends ExceptionHandler
{
    public function render($request, Throwable $e)
    {
        return new Response('', $e instanceof HttpExceptionInterface ? $e->getStatusCode() : 500);
    }
}
