module shipper

go 1.19
