<?php
/**
 * PHP's side of the differential test: crates/hikyaku-laravel/examples/differential.rs starts it.
 *
 *   make SEED COUNT    random values: serialize() text, and PHP's own reading of it as JSON, mangled and plain
 *   dates SEED COUNT   random dates: serialize() text, and the seconds and microseconds of their instant
 *   echo               for every text on stdin: what serialize() makes of what unserialize() made of it
 *
 * A frame is a length (32 bits, little endian) and so many bytes. Carbon and Laravel's collections come from Debian's
 * php-carbon and php-laravel-framework, where these are installed.
 */

declare(strict_types=1);

namespace App\Enums {
    enum Suit: string
    {
        case Hearts = 'h';
        case Spades = 's';
    }

    enum Level: int
    {
        case Low = 1;
        case High = 2;
    }

    enum Direction
    {
        case Up;
        case Down;
    }
}

namespace App\Models {
    #[\AllowDynamicProperties]
    class Plain
    {
        public $open;
        protected $shared;
        private $own;

        public function fill($open, $shared, $own): static
        {
            [$this->open, $this->shared, $this->own] = [$open, $shared, $own];
            return $this;
        }
    }

    class Base
    {
        private $secret;
        protected $shared;
        public $open;

        public function fillBase($secret, $shared, $open): static
        {
            [$this->secret, $this->shared, $this->open] = [$secret, $shared, $open];
            return $this;
        }
    }

    class Child extends Base
    {
        private $secret;
        public $more;

        public function fillChild($secret, $more): static
        {
            [$this->secret, $this->more] = [$secret, $more];
            return $this;
        }
    }

    class GrandChild extends Child
    {
        private $secret;
        private $last;

        public function fillGrandChild($secret, $last): static
        {
            [$this->secret, $this->last] = [$secret, $last];
            return $this;
        }
    }

    /** The parents have a private property of a name that the class itself lacks. */
    class Heir extends Child
    {
    }

    class Typed
    {
        public int $number = 0;
        public ?string $text;
        public readonly array $fixed;

        public function __construct(array $fixed)
        {
            $this->fixed = $fixed;
        }
    }

    class OwnForm
    {
        public function __construct(public array $data)
        {
        }

        public function __serialize(): array
        {
            return $this->data;
        }

        public function __unserialize(array $data): void
        {
            $this->data = $data;
        }
    }

    class Sleeper
    {
        public $kept;
        protected $quiet;
        private $deep;
        public $lost = 'lost';

        public function __construct($kept, $quiet, $deep)
        {
            [$this->kept, $this->quiet, $this->deep] = [$kept, $quiet, $deep];
        }

        public function __sleep(): array
        {
            return ['deep', 'kept', 'quiet'];
        }
    }
}

namespace {
    use App\Enums;
    use App\Models;

    error_reporting(E_ALL);
    set_error_handler(function (int $number, string $message, string $file, int $line) {
        // unserialize() tells of what it refuses; anything else is a mistake of this script.
        if (str_starts_with($message, 'unserialize()') || $number === E_DEPRECATED) {
            return true;
        }
        throw new ErrorException($message, 0, $number, $file, $line);
    });
    ini_set('memory_limit', '1G');

    $carbon = false;
    foreach (['/usr/share/php/Carbon/autoload.php', '/usr/share/php/Illuminate/autoload.php'] as $file) {
        if (is_file($file)) {
            require_once $file;
            $carbon = true;
        }
    }

    final class Maker
    {
        private const TEXTS = ['', 'a', 'name', 'チェーン', "quo\"te", 'semi;colon', '5', '05', '-0', '}', "new\nline", '🎉', 'N;', 's:1:"a";'];
        private array $objects = [];
        private int $left = 0;

        public function __construct(private bool $libraries)
        {
        }

        public function value(): mixed
        {
            $this->objects = [];
            $this->left = mt_rand(1, 40);
            return $this->any(mt_rand(0, 5));
        }

        private function any(int $depth): mixed
        {
            $this->left--;
            if ($depth <= 0 || $this->left <= 0) {
                return $this->scalar();
            }
            return match (mt_rand(0, 9)) {
                0, 1, 2 => $this->scalar(),
                3, 4, 5 => $this->mixed($depth - 1),
                6 => $this->twice($depth - 1),
                default => $this->object($depth - 1),
            };
        }

        private function scalar(): mixed
        {
            return match (mt_rand(0, 12)) {
                0 => null,
                1 => mt_rand(0, 1) === 1,
                2 => mt_rand(-3, 300),
                3 => $this->integer(),
                4, 5 => $this->float(),
                6, 7 => self::TEXTS[array_rand(self::TEXTS)],
                8 => random_text(mt_rand(0, 40)),
                9 => random_bytes_of(mt_rand(0, 12)),
                10 => $this->case(),
                11 => $this->objects ? $this->objects[array_rand($this->objects)] : 'none',
                default => (string) mt_rand(),
            };
        }

        private function integer(): int
        {
            return match (mt_rand(0, 3)) {
                0 => PHP_INT_MAX - mt_rand(0, 1),
                1 => PHP_INT_MIN + mt_rand(0, 1),
                default => unpack('q', random_bytes_of(8))[1] >> mt_rand(0, 60),
            };
        }

        private function float(): float
        {
            return match (mt_rand(0, 9)) {
                0 => [INF, -INF, NAN, -0.0, 0.0, 5e-324, PHP_FLOAT_MAX, PHP_FLOAT_MIN, PHP_FLOAT_EPSILON][mt_rand(0, 8)],
                1 => mt_rand(-1000, 1000) / 8,
                2 => mt_rand(-100000, 100000) / 100,
                3 => 10.0 ** mt_rand(-30, 30),
                4 => mt_rand() * 10.0 ** mt_rand(-25, 25),
                5 => (float) $this->integer(),
                // In the middle of two texts of the same length.
                6 => mt_rand() * 2.0 ** mt_rand(10, 22) + mt_rand(0, 31) / 32,
                7 => lcg() * 10.0 ** mt_rand(-7, 20),
                default => unpack('E', random_bytes_of(8))[1],
            };
        }

        private function case(): UnitEnum
        {
            return [
                Enums\Suit::Hearts, Enums\Suit::Spades, Enums\Level::Low, Enums\Level::High, Enums\Direction::Up,
                Enums\Direction::Down,
            ][mt_rand(0, 5)];
        }

        private function key(): int|string
        {
            return match (mt_rand(0, 6)) {
                0 => mt_rand(-5, 20),
                1 => $this->integer(),
                2 => self::TEXTS[array_rand(self::TEXTS)],
                3 => random_text(mt_rand(1, 8)),
                4 => mt_rand(0, 20) === 0 ? random_bytes_of(mt_rand(1, 6)) : 'k',
                5 => "\0*\0odd",
                default => chr(mt_rand(97, 122)),
            };
        }

        private function mixed(int $depth): array
        {
            $array = [];
            $list = mt_rand(0, 2) === 0;
            for ($count = mt_rand(0, 5); $count > 0; $count--) {
                $value = $this->any($depth);
                if ($list) {
                    $array[] = $value;
                } else {
                    $array[$this->key()] = $value;
                }
            }
            $this->refer($array);
            return $array;
        }

        /** PHP references between elements, and of the array to itself. */
        private function refer(array &$array): void
        {
            if ($array === [] || mt_rand(0, 3) !== 0) {
                return;
            }
            for ($count = mt_rand(1, 3); $count > 0; $count--) {
                $array['r' . mt_rand(0, 3)] = &$array[array_rand($array)];
            }
            if (mt_rand(0, 7) === 0) {
                $array['self'] = &$array;
            }
        }

        /** The same array in two places, by value, with whatever objects and references are in it. */
        private function twice(int $depth): array
        {
            $array = $this->mixed($depth);
            return [$array, 'again' => $array, $this->any($depth)];
        }

        private function object(int $depth): object
        {
            $slot = count($this->objects);
            $any = fn () => $this->any($depth);
            $made = match (mt_rand(0, $this->libraries ? 18 : 15)) {
                0, 1 => $this->standard($depth),
                2, 3 => (new Models\Plain())->fill($any(), $any(), $any()),
                4 => (new Models\Base())->fillBase($any(), $any(), $any()),
                5 => (new Models\Child())->fillBase($any(), $any(), $any())->fillChild($any(), $any()),
                6 => (new Models\GrandChild())->fillBase($any(), $any(), $any())->fillChild($any(), $any())
                    ->fillGrandChild($any(), $any()),
                7 => (new Models\Heir())->fillBase($any(), $any(), $any())->fillChild($any(), $any()),
                8 => new Models\Typed($this->mixed($depth)),
                9, 10 => new Models\OwnForm($this->mixed($depth)),
                11 => new Models\Sleeper($any(), $any(), $any()),
                12 => new ArrayObject($this->mixed(min($depth, 1)), ArrayObject::ARRAY_AS_PROPS),
                13 => $this->storage($depth),
                14 => [$this->list($depth), SplFixedArray::fromArray([$any(), $any()])][mt_rand(0, 1)],
                15 => $this->date(),
                16 => [Carbon\Carbon::class, Carbon\CarbonImmutable::class][mt_rand(0, 1)]
                    ::createFromTimestamp(mt_rand(), ['UTC', 'Asia/Tokyo', '+05:30'][mt_rand(0, 2)]),
                default => new Illuminate\Support\Collection($this->mixed($depth)),
            };
            $this->objects[$slot] = $made;
            return $made;
        }

        private function standard(int $depth): stdClass
        {
            $made = new stdClass();
            $this->objects[] = $made;
            for ($count = mt_rand(0, 4); $count > 0; $count--) {
                $name = (string) $this->key();
                if (!str_starts_with($name, "\0")) {
                    $made->{$name} = $this->any($depth);
                }
            }
            if (mt_rand(0, 5) === 0) {
                $made->again = &$made->first;
                $made->first = $this->any($depth);
            }
            if (mt_rand(0, 5) === 0) {
                $made->self = $made;
            }
            return $made;
        }

        private function storage(int $depth): SplObjectStorage
        {
            $storage = new SplObjectStorage();
            for ($count = mt_rand(0, 3); $count > 0; $count--) {
                $storage[$this->object($depth - 1)] = $this->any($depth);
            }
            return $storage;
        }

        private function list(int $depth): SplDoublyLinkedList
        {
            $list = mt_rand(0, 1) ? new SplQueue() : new SplStack();
            for ($count = mt_rand(0, 3); $count > 0; $count--) {
                $list->push($this->any($depth));
            }
            return $list;
        }

        private function date(): object
        {
            $zone = new DateTimeZone(['UTC', 'Asia/Tokyo', '-03:30', 'EST', 'Europe/Berlin'][mt_rand(0, 4)]);
            return match (mt_rand(0, 4)) {
                0 => new DateTime('@' . mt_rand(), $zone),
                1 => (new DateTimeImmutable('@' . mt_rand()))->setTimezone($zone),
                2 => $zone,
                3 => new DateInterval('P' . mt_rand(0, 9) . 'DT' . mt_rand(0, 99) . 'M'),
                default => new DatePeriod(new DateTime('2026-01-01', $zone), new DateInterval('P1D'), mt_rand(1, 5)),
            };
        }
    }

    /** mt_rand has a seed; random_bytes has not. */
    function random_bytes_of(int $length): string
    {
        $bytes = '';
        while ($length-- > 0) {
            $bytes .= chr(mt_rand(0, 255));
        }
        return $bytes;
    }

    function random_text(int $length): string
    {
        $text = '';
        while ($length-- > 0) {
            $code = [mt_rand(32, 126), mt_rand(0xa1, 0x24f), mt_rand(0x3041, 0x30ff), mt_rand(0x1f300, 0x1f5ff)][mt_rand(0, 3)];
            $text .= html_entity_decode("&#$code;", ENT_QUOTES | ENT_HTML5, 'UTF-8');
        }
        return $text;
    }

    function lcg(): float
    {
        return mt_rand() / mt_getrandmax();
    }

    final class Unprojectable extends Exception
    {
    }

    /** A value as JSON, by the rules of php::to_inspection_json. */
    final class Projection
    {
        private array $open = [];

        public function __construct(private bool $mangled)
        {
        }

        public function json(mixed $value): string
        {
            return match (true) {
                is_string($value) => $this->text($value),
                is_float($value) => $this->float($value),
                is_array($value) => $this->array($value),
                $value instanceof UnitEnum => '{"@enum":' . json_encode($value::class) . ',"case":' . json_encode($value->name) . '}',
                is_object($value) => $this->object($value),
                default => json_encode($value),
            };
        }

        private function text(string $text): string
        {
            $json = json_encode($text);
            return $json === false ? '{"@bytes":"' . bin2hex($text) . '"}' : $json;
        }

        private function float(float $float): string
        {
            return is_finite($float)
                ? json_encode($float, JSON_PRESERVE_ZERO_FRACTION)
                : '{"@float":"' . (is_nan($float) ? 'NAN' : ($float > 0 ? 'INF' : '-INF')) . '"}';
        }

        private function array(array $array): string
        {
            if (array_is_list($array)) {
                $elements = [];
                foreach ($array as $key => $_) {
                    $elements[] = $this->element($array, $key);
                }
                return '[' . implode(',', $elements) . ']';
            }
            return '{' . implode(',', $this->members($array)) . '}';
        }

        private function object(object $object): string
        {
            $id = 'o' . spl_object_id($object);
            if (isset($this->open[$id])) {
                return '{"@cycle":true}';
            }
            $this->open[$id] = true;
            $members = $this->members($this->properties($object));
            unset($this->open[$id]);
            array_unshift($members, '"@class":' . json_encode($object::class));
            return '{' . implode(',', $members) . '}';
        }

        private function members(array $array): array
        {
            $members = [];
            foreach ($array as $key => $_) {
                $members[] = $this->name((string) $key) . ':' . $this->element($array, $key);
            }
            return $members;
        }

        private function element(array $array, int|string $key): string
        {
            $reference = ReflectionReference::fromArrayElement($array, $key);
            if ($reference === null || is_object($array[$key])) {
                return $this->json($array[$key]);
            }
            $id = 'r' . $reference->getId();
            if (isset($this->open[$id])) {
                return '{"@cycle":true}';
            }
            $this->open[$id] = true;
            $json = $this->json($array[$key]);
            unset($this->open[$id]);
            return $json;
        }

        private function name(string $name): string
        {
            $json = json_encode($this->mangled ? str_replace("\0", '\0', $name) : $name);
            if ($json === false) {
                // How a name of bytes is shown is a matter of taste; its bytes are compared.
                throw new Unprojectable();
            }
            return $name === '' ? '"@empty"' : $json;
        }

        private function properties(object $object): array
        {
            if (method_exists($object, '__serialize')) {
                $own = $object->__serialize();
                return $this->mangled ? $own : self::unmangled($own);
            }
            $all = (array) $object;
            if (method_exists($object, '__sleep')) {
                $kept = $object->__sleep();
                $all = array_filter($all, fn ($name) => in_array(self::plain((string) $name), $kept, true), ARRAY_FILTER_USE_KEY);
            }
            if ($this->mangled || $object instanceof stdClass) {
                return $all;
            }
            return $this->visible($object, $all);
        }

        /** What the object's own class sees, then what the nearest parent keeps to itself. */
        private function visible(object $object, array $all): array
        {
            $shown = [];
            $class = new ReflectionClass($object);
            do {
                $scope = $class->getName();
                foreach ($all as $mangled => $_) {
                    $mangled = (string) $mangled;
                    $name = self::plain($mangled);
                    $declares = str_starts_with($mangled, "\0$scope\0")
                        || ($scope === $object::class && (!str_starts_with($mangled, "\0") || str_starts_with($mangled, "\0*\0")));
                    if ($declares && !array_key_exists($name, $shown)) {
                        $shown[$name] = &$all[$mangled];
                    }
                }
            } while ($class = $class->getParentClass());
            return $shown;
        }

        private static function unmangled(array $all): array
        {
            $plain = [];
            foreach ($all as $key => $_) {
                $plain[is_string($key) ? self::plain($key) : $key] = &$all[$key];
            }
            return $plain;
        }

        private static function plain(string $name): string
        {
            $end = $name !== '' && $name[0] === "\0" ? strpos($name, "\0", 1) : false;
            return $end === false || $end === 1 ? $name : substr($name, $end + 1);
        }
    }

    function frame(string $bytes): string
    {
        return pack('V', strlen($bytes)) . $bytes;
    }

    function put(string $bytes): void
    {
        static $buffer = '';
        $buffer .= $bytes;
        if (strlen($buffer) > 65536 || $bytes === '') {
            for ($at = 0; $at < strlen($buffer); $at += $written) {
                $written = fwrite(STDOUT, substr($buffer, $at));
            }
            $buffer = '';
        }
    }

    function projected(bool $mangled, mixed $value): string
    {
        try {
            return (new Projection($mangled))->json($value);
        } catch (Unprojectable) {
            return '';
        }
    }

    function make(int $seed, int $count, bool $libraries): void
    {
        $maker = new Maker($libraries);
        for ($number = 0; $number < $count; $number++) {
            mt_srand($seed + $number);
            $value = $maker->value();
            $text = serialize($value);
            try {
                $read = unserialize($text);
            } catch (Throwable) {
                // SplObjectStorage writes what it then refuses to read when its keys are PHP references.
                put(frame($text) . frame('') . frame(''));
                continue;
            }
            put(frame($text) . frame(projected(true, $read)) . frame(projected(false, $read)));
        }
    }

    function dates(int $seed, int $count): void
    {
        // Zones whose rules are old: PHP and this crate bring their own, newer or older, copy of the database.
        $zones = [
            'UTC', 'Asia/Tokyo', 'Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Singapore', 'Europe/Berlin', 'Europe/London',
            'Europe/Lisbon', 'America/New_York', 'America/Los_Angeles', 'America/Sao_Paulo', 'America/St_Johns',
            'Australia/Sydney', 'Australia/Lord_Howe', 'Pacific/Auckland', 'Pacific/Chatham', 'Pacific/Apia', 'Africa/Lagos',
        ];
        $abbreviations = ['EST', 'JST', 'CEST', 'UTC', 'Z', 'pdt', 'NZDT', 'GMT', 'BST', 'ACDT', 'UCT', 'CAT', 'EAT', 'WAT'];
        for ($number = 0; $number < $count; $number++) {
            mt_srand($seed + $number);
            $wall = sprintf(
                '%04d-%02d-%02d %02d:%02d:%02d.%06d',
                mt_rand(1975, 2030), mt_rand(1, 12), mt_rand(1, 28), mt_rand(0, 23), mt_rand(0, 59), mt_rand(0, 59), mt_rand(0, 999999),
            );
            if (mt_rand(0, 2) === 0) {
                // The nights when clocks change in Europe and America: times that come twice or not at all.
                $night = ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01'][mt_rand(0, 3)];
                $wall = sprintf('%s %02d:%02d:00', $night, mt_rand(0, 3), mt_rand(0, 59));
            }
            $zone = match (mt_rand(0, 3)) {
                0 => sprintf('%s%02d:%02d', ['+', '-'][mt_rand(0, 1)], mt_rand(0, 14), mt_rand(0, 59)),
                1 => $abbreviations[array_rand($abbreviations)],
                default => $zones[array_rand($zones)],
            };
            $text = serialize(new DateTimeImmutable($wall, new DateTimeZone($zone)));
            put(frame($text) . frame(unserialize($text)->format('U u')));
        }
    }

    function read_exactly(int $length): ?string
    {
        $bytes = '';
        while (strlen($bytes) < $length) {
            $more = fread(STDIN, $length - strlen($bytes));
            if ($more === false || $more === '') {
                return null;
            }
            $bytes .= $more;
        }
        return $bytes;
    }

    function echo_back(): void
    {
        while (($length = read_exactly(4)) !== null) {
            $text = read_exactly(unpack('V', $length)[1]);
            try {
                $value = @unserialize($text);
                $refused = $value === false && $text !== 'b:0;';
                put(frame($refused ? 'refused' : serialize($value)));
            } catch (Throwable $error) {
                put(frame('refused: ' . $error->getMessage()));
            }
        }
    }

    match ($argv[1] ?? '') {
        'make' => make((int) $argv[2], (int) $argv[3], $carbon),
        'dates' => dates((int) $argv[2], (int) $argv[3]),
        'echo' => echo_back(),
        default => exit(2),
    };
    put('');
}
