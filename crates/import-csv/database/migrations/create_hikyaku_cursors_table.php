<?php

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

// How far each import came. The function writes it in the same transaction as the imported rows.
// Copy this file to the application's database/migrations, with a date before its name.
return new class extends Migration
{
    public function up(): void
    {
        Schema::create('hikyaku_cursors', function (Blueprint $table) {
            $table->string('job_id', 191)->primary();
            $table->text('url');
            $table->string('table_name', 191);
            $table->string('object_version', 191);
            $table->bigInteger('token');
            $table->bigInteger('chunk');
            $table->bigInteger('byte_offset');
            $table->bigInteger('line_number');
            $table->bigInteger('rows_read');
            $table->bigInteger('imported');
            $table->bigInteger('rejected');
            $table->boolean('finished');
            $table->timestamp('updated_at')->useCurrent()->index();
        });
        // The rows that an import rejected, until it is over and they are written to IMPORT_REJECTS_URL.
        Schema::create('hikyaku_rejects', function (Blueprint $table) {
            $table->string('job_id', 191);
            $table->bigInteger('chunk');
            $table->mediumText('header')->charset('utf8mb4');
            $table->mediumText('lines_of_csv')->charset('utf8mb4');
            $table->primary(['job_id', 'chunk']);
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('hikyaku_rejects');
        Schema::dropIfExists('hikyaku_cursors');
    }
};
