package cachetest

var Checks = checks
