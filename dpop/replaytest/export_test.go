package replaytest

var Checks = checks
