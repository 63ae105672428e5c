<?php

namespace Hikyaku\Laravel;

use RuntimeException;

/** A request is not the courier's, or was his once. Its code is the HTTP status. */
final class Refused extends RuntimeException
{
}
