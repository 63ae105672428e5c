<?php

namespace Hikyaku\Laravel\Console;

use Hikyaku\Laravel\Keys;
use Illuminate\Console\Command;

/** Makes a key, if there is none, and says what is to be done with it. */
final class InstallCommand extends Command
{
    protected $signature = 'hikyaku:install {--show : print the key instead of writing it into .env}';

    protected $description = 'Make the key that the hikyaku courier signs with, and publish the config file';

    public function handle(): int
    {
        $this->callSilent('vendor:publish', ['--tag' => 'hikyaku-config']);
        if (Keys::parse(config('hikyaku.key'))->areThere()) {
            $this->info('HIKYAKU_KEY is set already, and stays. To change it, see "Changing the key" in docs/lane.md.');

            return 0;
        }
        $key = bin2hex(random_bytes(32));
        $file = $this->laravel->environmentFilePath();
        if ($this->option('show') || ! is_file($file)) {
            $this->line("HIKYAKU_KEY=$key");
        } else {
            $text = preg_replace('/^HIKYAKU_KEY=.*\R?/m', '', file_get_contents($file));
            file_put_contents($file, rtrim($text)."\n\nHIKYAKU_KEY=$key\n");
            $this->info("HIKYAKU_KEY was written into $file.");
        }
        $this->line('Give the application on the server the same HIKYAKU_KEY, and put it where the courier reads it');
        $this->line('(HIKYAKU_PHP_KEY, or a secret named by HIKYAKU_PHP_KEY_FROM). Then:');
        $this->line('  HIKYAKU_PHP_URL='.rtrim((string) config('app.url'), '/').'/'.trim(config('hikyaku.path'), '/'));
        $this->line('  php artisan hikyaku:check');

        return 0;
    }
}
