package issuers_test

// products are servers that are run or rented.
var products []preset
