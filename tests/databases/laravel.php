<?php

// What real Laravel does with a database, for tests: php laravel.php URL insert|select|model|migrate|import …
// Laravel 8.83, as Debian 12 packages it (php-laravel-framework php-mysql php-pgsql php-sqlite3).

require '/usr/share/php/Illuminate/autoload.php';

use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Schema\Blueprint;

[, $url, $what] = $argv;
$place = parse_url($url);
$driver = ['mysql' => 'mysql', 'postgres' => 'pgsql', 'sqlite' => 'sqlite'][strstr($url, ':', true)];
$manager = new Manager;
$manager->addConnection($driver === 'sqlite' ? [
    'driver' => 'sqlite',
    'database' => substr($url, strlen('sqlite://')),
    'prefix' => '',
] : [
    'driver' => $driver,
    'host' => $place['host'],
    'port' => $place['port'],
    'database' => ltrim($place['path'], '/'),
    'username' => $place['user'],
    'password' => $place['pass'] ?? '',
    'charset' => $driver === 'mysql' ? 'utf8mb4' : 'utf8',
    'prefix' => '',
    'strict' => true,
    'schema' => 'public',
]);
$manager->bootEloquent();
$manager->setAsGlobal();

class Row extends Model
{
    public $incrementing = false;

    protected $guarded = [];
}

switch ($what) {
    case 'insert':
        Manager::table($argv[3])->insert(json_decode($argv[4], true));
        break;
    case 'select':
        echo json_encode(Manager::select($argv[3]));
        break;
    case 'model':
        date_default_timezone_set($argv[5]);
        (new Row(json_decode($argv[4], true)))->setTable($argv[3])->save();
        break;
    case 'import':
        // As an application does it: fgetcsv, and an insert of some rows at a time.
        [, , , $table, $path, $size] = $argv;
        $file = fopen($path, 'r');
        $header = fgetcsv($file);
        $rows = [];
        while (($row = fgetcsv($file)) !== false) {
            $rows[] = array_combine($header, $row);
            if (count($rows) === (int) $size) {
                Manager::table($table)->insert($rows);
                $rows = [];
            }
        }
        if ($rows) {
            Manager::table($table)->insert($rows);
        }
        break;
    case 'migrate':
        Manager::schema()->create($argv[3], function (Blueprint $table) {
            $table->id();
            $table->string('email')->unique();
            $table->timestamps();
        });
        break;
}
