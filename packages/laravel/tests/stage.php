<?php

/** What the tests are played on: an application, and its jobs. */

use Illuminate\Contracts\Console\Kernel as ConsoleKernel;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as HttpKernel;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;

final class HttpCore extends Illuminate\Foundation\Http\Kernel
{
    protected $middleware = [
        Illuminate\Foundation\Http\Middleware\PreventRequestsDuringMaintenance::class,
        Illuminate\Foundation\Http\Middleware\ValidatePostSize::class,
        Illuminate\Foundation\Http\Middleware\TrimStrings::class,
        Illuminate\Foundation\Http\Middleware\ConvertEmptyStringsToNull::class,
    ];
}

final class Reported extends Illuminate\Foundation\Exceptions\Handler
{
    public static array $seen = [];

    public function report(Throwable $e)
    {
        self::$seen[] = get_class($e).': '.$e->getMessage();
    }

    public function renderForConsole($output, Throwable $e)
    {
    }

    public function render($request, Throwable $e)
    {
        $status = $e instanceof Symfony\Component\HttpKernel\Exception\HttpExceptionInterface ? $e->getStatusCode() : 500;

        return new Illuminate\Http\Response($status === 500 ? (string) $e : '', $status);
    }
}

const KEY = 'the-key-of-these-tests-has-forty-characters';
const OTHER_KEY = 'another-key-of-these-tests-has-as-many-of-them';

/** A cache that can be away. A fiber pauses before each step. */
trait CanBeAway
{
    public static bool $isAway = false;

    /** How often what was asked of it. */
    public static array $steps = [];

    public function get($key)
    {
        self::step('get');

        return parent::get($key);
    }

    public function put($key, $value, $seconds)
    {
        self::step('put');

        return parent::put($key, $value, $seconds);
    }

    /** One step, as in every store that instances share. */
    public function add($key, $value, $seconds)
    {
        self::step('add');

        return parent::get($key) === null && parent::put($key, $value, $seconds);
    }

    private static function step(string $step): void
    {
        self::$steps[$step] = (self::$steps[$step] ?? 0) + 1;
        self::$isAway && throw new RuntimeException('the cache is away');
        Fiber::getCurrent() && Fiber::suspend();
    }
}

final class SharedStore extends Illuminate\Cache\ArrayStore
{
    use CanBeAway;

    /** What it holds, by its keys. */
    public function entries(): array
    {
        return $this->storage;
    }
}

/** One that outlives its process. */
final class LastingStore extends Illuminate\Cache\FileStore
{
    use CanBeAway;
}

/** One application, new, with nothing remembered. */
final class Stage
{
    public Application $app;

    public array $events = [];

    private int $nonces = 0;

    public function __construct(array $config = [], ?Illuminate\Contracts\Cache\Store $store = null)
    {
        $folder = sys_get_temp_dir().'/hikyaku-package-'.getmypid();
        foreach (['', '/bootstrap', '/bootstrap/cache', '/config', '/storage', '/storage/framework'] as $part) {
            is_dir($folder.$part) || mkdir($folder.$part);
        }
        foreach ($config + self::config() as $name => $values) {
            file_put_contents("$folder/config/$name.php", '<?php return '.var_export($values, true).';');
        }
        $this->app = new Application($folder);
        $this->app->singleton(HttpKernel::class, HttpCore::class);
        $this->app->singleton(ConsoleKernel::class, Illuminate\Foundation\Console\Kernel::class);
        $this->app->singleton(ExceptionHandler::class, Reported::class);
        Reported::$seen = [];
        Job::$log = [];
        Job::$doesIn = [];
        Job::$meanwhile = null;
        Hikyaku\Laravel\Clock::passes(0);
        $this->app->make(ConsoleKernel::class)->bootstrap();
        SharedStore::$isAway = LastingStore::$isAway = false;
        $this->app['cache']->extend('shared', fn () => $this->app['cache']->repository($store ?? new SharedStore(true)));
        // This script shows errors itself.
        restore_error_handler();
        restore_exception_handler();
        $schema = $this->app['db']->connection()->getSchemaBuilder();
        $schema->create('failed_jobs', function ($table) {
            $table->id();
            $table->string('uuid')->unique();
            foreach (['connection', 'queue', 'payload', 'exception'] as $column) {
                $table->text($column);
            }
            $table->timestamp('failed_at')->useCurrent();
        });
        foreach (['Processing', 'Processed', 'ExceptionOccurred', 'Failed'] as $event) {
            $this->app['events']->listen('Illuminate\\Queue\\Events\\Job'.$event, function () use ($event) {
                $this->events[] = $event;
            });
        }
    }

    public static function config(): array
    {
        return [
            'app' => ['name' => 'Laravel', 'env' => 'testing', 'debug' => false, 'timezone' => 'UTC', 'key' => str_repeat('k', 32), 'cipher' => 'AES-256-CBC',
                'url' => 'http://localhost', 'aliases' => [], 'providers' => [
                    Illuminate\Bus\BusServiceProvider::class, Illuminate\Cache\CacheServiceProvider::class, Illuminate\Database\DatabaseServiceProvider::class,
                    Illuminate\Encryption\EncryptionServiceProvider::class, Illuminate\Filesystem\FilesystemServiceProvider::class,
                    Illuminate\Queue\QueueServiceProvider::class, Illuminate\View\ViewServiceProvider::class,
                    Illuminate\Foundation\Providers\ArtisanServiceProvider::class, Illuminate\Foundation\Providers\FoundationServiceProvider::class,
                    Illuminate\Foundation\Providers\ComposerServiceProvider::class, Hikyaku\Laravel\HikyakuServiceProvider::class,
                ]],
            'cache' => ['default' => 'shared', 'prefix' => 'test', 'stores' => ['shared' => ['driver' => 'shared'], 'array' => ['driver' => 'array']]],
            'database' => ['default' => 'sqlite', 'connections' => ['sqlite' => ['driver' => 'sqlite', 'database' => ':memory:', 'prefix' => '']]],
            'queue' => ['default' => 'sync', 'connections' => ['sync' => ['driver' => 'sync']], 'batching' => ['database' => 'sqlite', 'table' => 'job_batches'],
                'failed' => ['driver' => 'database-uuids', 'database' => 'sqlite', 'table' => 'failed_jobs']],
            'hikyaku' => ['key' => KEY],
            'logging' => ['default' => 'null', 'channels' => ['null' => ['driver' => 'monolog', 'handler' => Monolog\Handler\NullHandler::class]]],
            'view' => ['paths' => [], 'compiled' => sys_get_temp_dir()],
        ];
    }

    /** Sends what a courier would; `$spoil` changes the request after it was signed. */
    public function ask(string $body, array $fields = [], array $how = []): array
    {
        $nonce = $how['nonce'] ?? 'nonce-'.(++$this->nonces).'-'.spl_object_id($this);
        $ask = http_build_query($fields + ['ask' => 'run', 'nonce' => $nonce, 'id' => json_decode($body)->uuid ?? 'message-1', 'generation' => 0, 'attempt' => 1,
            'left' => 30000, 'connection' => 'sqs', 'queue' => 'https://sqs/jobs', 'tries' => 1, 'backoff' => '0', 'timeout' => 60]);
        $time = (string) ($how['time'] ?? time());
        $signature = Hikyaku\Laravel\Keys::parse($how['key'] ?? KEY)->sign(Hikyaku\Laravel\Keys::requestText('/hikyaku/jobs', $time, $ask, $body));
        $headers = ['hikyaku-time' => $time, 'hikyaku-ask' => $how['ask'] ?? $ask, 'hikyaku-signature' => $how['signature'] ?? $signature];
        $response = $this->send($how['body'] ?? $body, $headers, $how['path'] ?? '/hikyaku/jobs');
        $isSigned = Hikyaku\Laravel\Keys::parse($how['key'] ?? KEY)
            ->haveSigned(Hikyaku\Laravel\Keys::answerText($nonce, $response->getContent()), (string) $response->headers->get('hikyaku-signature'));

        return ['status' => $response->getStatusCode(), 'refused' => $response->headers->get('hikyaku-refused'), 'signed' => $isSigned]
            + (json_decode($response->getContent(), true) ?: []);
    }

    public function send(string $body, array $headers, string $path = '/hikyaku/jobs'): Symfony\Component\HttpFoundation\Response
    {
        $request = Request::create($path, 'POST', [], [], [], [], $body);
        foreach ($headers as $name => $value) {
            $request->headers->set($name, $value);
        }

        return $this->app->make(HttpKernel::class)->handle($request);
    }

    /** What the cache holds, by its keys. */
    public function cached(): array
    {
        return $this->app['cache']->getStore()->entries();
    }

    public function failedRows(): array
    {
        return $this->app['db']->table('failed_jobs')->get()->all();
    }
}

/** A store of failed jobs that cannot do one thing. */
final class BrokenFailer extends Illuminate\Queue\Failed\NullFailedJobProvider
{
    public int $rows = 0;

    public function __construct(private string $broken)
    {
    }

    public function log($connection, $queue, $payload, $exception)
    {
        $this->broken === 'log' && throw new RuntimeException('log is away');
        $this->rows++;
    }

    public function forget($id)
    {
        $this->broken === 'forget' && throw new RuntimeException('forget is away');

        return true;
    }
}

/** A job that does what its name says. */
final class Job implements Illuminate\Contracts\Queue\ShouldQueue
{
    use Illuminate\Bus\Queueable, Illuminate\Queue\InteractsWithQueue;

    public static array $log = [];

    /** What it does in an attempt, where that is something else. */
    public static array $doesIn = [];

    /** What happens while it runs, by the attempt. */
    public static ?Closure $meanwhile = null;

    public $tries;

    public function __construct(public string $does, ?int $tries = null)
    {
        $this->tries = $tries;
    }

    public function handle(): void
    {
        $attempt = $this->attempts();
        $does = self::$doesIn[$attempt] ?? $this->does;
        self::$log[] = "$does $attempt";
        self::$meanwhile && (self::$meanwhile)($attempt);
        match ($does) {
            'succeeds' => null,
            'prints' => print 'out of the way',
            'throws' => throw new DomainException('no paper'),
            'releases' => $this->release(30),
            'releases and throws' => [$this->release(30), throw new DomainException('no paper')],
            'fails' => $this->fail(new DomainException('never')),
            'deletes' => $this->delete(),
            'opens buffers' => [ob_start(), ob_start(), print 'out of the way'],
            'opens a buffer for good' => ob_start(null, 0, 0),
            'changes what PHP is told' => [set_time_limit(7), ignore_user_abort(false), ob_end_clean()],
            'exits' => exit(3),
            'runs out of memory' => [ini_set('memory_limit', memory_get_usage() + 4000000), str_repeat('x', 50000000)],
            'fills its memory' => (function () {
                ini_set('memory_limit', memory_get_usage() + 4000000);
                for ($kept = []; ; $kept[] = str_repeat('x', 100));
            })(),
            'warns and exits' => [set_error_handler(null), @file_get_contents('/nowhere'), exit(3)],
            'calls nothing' => nothing(),
            'computes for ever' => (function () {
                for (;;);
            })(),
            'breaks the cache' => LastingStore::$isAway = SharedStore::$isAway = true,
        };
    }

    public function failed(Throwable $e): void
    {
        self::$log[] = 'failed() '.get_class($e).': '.$e->getMessage();
    }

    public static function body(string $does, ?int $tries = null, string $uuid = 'job-1'): string
    {
        return json_encode(['uuid' => $uuid, 'displayName' => self::class, 'job' => 'Illuminate\\Queue\\CallQueuedHandler@call', 'maxTries' => $tries,
            'maxExceptions' => null, 'failOnTimeout' => false, 'backoff' => null, 'timeout' => null,
            'data' => ['commandName' => self::class, 'command' => serialize(new self($does, $tries))]]);
    }
}

/** A job that takes longer than a request may. */
final class LongJob implements Illuminate\Contracts\Queue\ShouldQueue, Hikyaku\Laravel\RunsAsTask
{
    public function handle(): void
    {
        Job::$log[] = 'long';
    }

    public static function body(): string
    {
        return json_encode(['uuid' => 'job-1', 'displayName' => self::class,
            'job' => 'Illuminate\\Queue\\CallQueuedHandler@call', 'maxTries' => 3, 'data' => ['commandName' => self::class, 'command' => serialize(new self)]]);
    }
}

final class StringJob
{
    public function run($job, $data): void
    {
        Job::$log[] = 'string job '.json_encode($data);
        empty($data['forgets']) && $job->delete();
    }
}
