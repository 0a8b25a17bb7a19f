"""OData v4 (https://www.odata.org): what of it is read, and how feeds are described and cut into pages by it."""
