<?php

use Hikyaku\Laravel\JobsController;
use Illuminate\Support\Facades\Route;

// In no group: neither a session nor a CSRF token belongs to it. The signature says who asks.
Route::post(config('hikyaku.path'), JobsController::class)->name('hikyaku.jobs');
