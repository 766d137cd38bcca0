package feedtest

var Checks = checks
