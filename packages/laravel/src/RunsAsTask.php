<?php

namespace Hikyaku\Laravel;

/**
 * A queued class that implements this runs as a one-off task of ECS, on the application's own image, and may take hours. It
 * needs nothing else; without a $timeout there is no limit to its time.
 */
interface RunsAsTask
{
}
