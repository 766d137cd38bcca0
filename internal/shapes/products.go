package shapes

// products are servers that are run or rented.
var products []Shape
