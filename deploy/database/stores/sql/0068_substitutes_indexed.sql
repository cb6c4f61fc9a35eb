-- Few answers are of substitutes, and whoever looks for one reads no other.

create index acknowledgements_of_substitutes on replenishment.acknowledgements (purchase_order_number)
    where acknowledgement_code = 'IS';
