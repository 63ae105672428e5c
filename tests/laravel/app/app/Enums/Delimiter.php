<?php

namespace App\Enums;

enum Delimiter: string
{
    case Comma = ',';
    case Tab = "\t";
}
