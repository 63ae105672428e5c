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
    }

    public function down(): void
    {
        Schema::dropIfExists('hikyaku_cursors');
    }
};
