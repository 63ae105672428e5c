<?php

namespace App\Jobs;

use App\Enums\Delimiter;
use DateTimeImmutable;
use Illuminate\Support\Carbon;
use Illuminate\Support\Collection;

/** An object job with every kind of property that a message can carry. */
final class ImportRows extends Job
{
    public $timeout = 30;

    public bool $dryRun = false;

    public array $columns;

    public Delimiter $delimiter = Delimiter::Tab;

    public Delimiter $quoted = Delimiter::Tab; // the same case twice: PHP writes a back reference

    public Collection $tags;

    public Carbon $at;

    private ?string $nothing = null;

    public function __construct(
        public string $url,
        protected ?int $limit,
        private float $ratio,
        public DateTimeImmutable $since,
    ) {
        $this->columns = ['email' => ['type' => 'string', 'max' => 255], 'names' => ['名前', 'Zoë'], 7 => 'seven'];
        $this->tags = collect(['night', '東京']);
        $this->at = Carbon::parse('2026-11-23 09:30:00', 'Asia/Tokyo');
    }
}
