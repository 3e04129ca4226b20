"""From the first maintenance breach to forced reduction, in price and in time."""
