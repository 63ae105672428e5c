<?php

// Runs jobs with Laravel's own handler: one message body a line on standard input, one JSON answer a line on standard
// output. crates/hikyaku-laravel/examples/laravel-unserialize.rs asks.
//
// Answer: {"ran": [{"class", "state"}, …]}: what each job that ran saw of itself, those of its chain included, or
// {"error"} with what PHP said. Argument: Laravel's autoloader; the encrypter's key is in the first line.

namespace {
    // First of all, for classes that use its traits are declared where they stand.
    require $argv[1] ?? '/usr/share/php/Illuminate/autoload.php';
}

namespace App\Enums {
    enum Format: string
    {
        case Mp3 = 'mp3';
        case Ogg = 'ogg';
    }
}

namespace App\Values {
    final class Chapter
    {
        public function __construct(public readonly string $title, private int $seconds)
        {
        }

        public function seconds(): int
        {
            return $this->seconds;
        }
    }
}

namespace App\Jobs {
    use App\Enums\Format;
    use App\Values\Chapter;
    use Illuminate\Bus\Queueable;
    use Illuminate\Contracts\Queue\ShouldQueue;
    use Illuminate\Queue\InteractsWithQueue;
    use Illuminate\Queue\SerializesModels;

    /** Every visibility, promoted and not, as an application writes it. */
    class ProcessPodcast implements ShouldQueue
    {
        use InteractsWithQueue, Queueable, SerializesModels;

        public string $title = 'untitled';
        protected ?string $language = null;
        private array $tags = [];
        protected string $never = 'as declared';

        public function __construct(
            public readonly int $podcastId,
            protected Format $format,
            private readonly Chapter $chapter,
            private ?float $price = 9.5,
        ) {
        }

        public function handle(): void
        {
            \Seen::note($this, [
                'podcastId' => $this->podcastId,
                'format' => $this->format->name,
                'chapter' => [$this->chapter->title, $this->chapter->seconds()],
                'price' => $this->price,
                'title' => $this->title,
                'language' => $this->language,
                'tags' => $this->tags,
                'never' => $this->never,
                'tries' => $this->job->maxTries(),
                'timeout' => $this->job->timeout(),
                'uuid' => $this->job->uuid(),
            ]);
        }
    }

    /** Without SerializesModels: PHP's own unserialize() puts every property in its place. */
    class Plain implements ShouldQueue
    {
        use Queueable;

        public function __construct(
            public readonly int $a,
            protected readonly string $b,
            private readonly array $c,
        ) {
        }

        public function handle(): void
        {
            \Seen::note($this, ['a' => $this->a, 'b' => $this->b, 'c' => $this->c, 'queue' => $this->queue]);
        }
    }

    /** Called by class and method. */
    class Notify
    {
        public function tell($job, $data): void
        {
            \Seen::note($this, ['data' => $data, 'uuid' => $job->uuid()]);
        }
    }
}

namespace {
    use Illuminate\Bus\Dispatcher;
    use Illuminate\Container\Container;
    use Illuminate\Contracts\Bus\Dispatcher as DispatcherContract;
    use Illuminate\Contracts\Encryption\Encrypter as EncrypterContract;
    use Illuminate\Encryption\Encrypter;
    use Illuminate\Queue\Jobs\SyncJob;
    use Illuminate\Queue\NullQueue;

    error_reporting(E_ALL);
    set_error_handler(function (int $level, string $message, string $file) {
        // Laravel 8 is older than PHP 8.2; what that PHP deprecates in it is not in question.
        if ($level === E_DEPRECATED && ! str_contains($message, 'dynamic property')) {
            return true;
        }
        throw new ErrorException($message, 0, $level, $file);
    });

    final class Seen
    {
        public static array $ran = [];

        public static function note(object $job, array $state): void
        {
            self::$ran[] = ['class' => get_class($job), 'state' => $state];
        }
    }

    /** Makes real payloads of what Laravel dispatches, and keeps them. */
    final class Kept extends NullQueue
    {
        public array $payloads = [];

        public function push($job, $data = '', $queue = null)
        {
            $this->payloads[] = $this->createPayload($job, $queue, $data);
        }
    }

    $container = Container::getInstance();
    $queue = new Kept();
    $queue->setContainer($container);
    $container->instance(DispatcherContract::class, new Dispatcher($container, fn () => $queue));
    $container->instance(\Illuminate\Contracts\Container\Container::class, $container);
    $container->instance(EncrypterContract::class, new Encrypter(base64_decode(trim(fgets(STDIN)), true), 'AES-256-CBC'));

    if (! function_exists('dispatch')) {
        function dispatch($job)
        {
            return Container::getInstance()->make(DispatcherContract::class)->dispatch($job);
        }
    }

    while (($body = fgets(STDIN)) !== false) {
        Seen::$ran = [];
        $queue->payloads = [rtrim($body, "\n")];
        try {
            while ($queue->payloads !== []) {
                (new SyncJob($container, array_shift($queue->payloads), 'sync', 'sync'))->fire();
            }
            $answer = ['ran' => Seen::$ran];
        } catch (Throwable $thrown) {
            $answer = ['error' => get_class($thrown).': '.$thrown->getMessage()];
        }
        fwrite(STDOUT, json_encode($answer, JSON_THROW_ON_ERROR)."\n");
    }
}
