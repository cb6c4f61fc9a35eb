-- What suppliers state is looked up by supplier and part. All of one file have the supplier, most of them the brand in
-- common: with the part number before the brand, an index finds its place after two comparisons a step, not three.
alter table supplier_feed.offers
    drop constraint offers_pkey,
    add primary key (supplier_code, part_number, brand_code, price_type_code, break_quantity, stated_at);
alter table supplier_feed.availability
    drop constraint availability_pkey,
    add primary key (supplier_code, part_number, brand_code, distribution_centre_code, stated_at);
alter table supplier_feed.articles
    drop constraint articles_pkey,
    add primary key (supplier_code, part_number, brand_code, stated_at);
alter table supplier_feed.interchanges
    drop constraint interchanges_pkey,
    add primary key (supplier_code, part_number, brand_code, other_brand_code, other_part_number, stated_at);

-- The same as before, in the order of the key.
create or replace function supplier_feed.withdrawn_at(as_of timestamptz) returns table (
    kind text, supplier_code text, brand_code text, part_number text, price_type_code text,
    break_quantity numeric, distribution_centre_code text, reason_code text, withdrawn_at timestamptz
)
    language sql stable
    set search_path = pg_catalog
as $$
    with ranked as (
        select listings.kind, listings.source_code, listings.supplier_code, listings.stated_at,
            row_number() over (
                partition by listings.kind, listings.source_code, listings.supplier_code
                order by listings.stated_at desc, batches.sha256 desc
            ) as recency
        from supplier_feed.full_listings as listings
        inner join ingest.batches using (batch_id)
        where listings.is_complete and listings.stated_at <= as_of
    ),

    -- Left out twice in a row is withdrawn: not stated since before the newest FULL but one, and in neither.
    pairs as (
        select ranked.kind, ranked.source_code, ranked.supplier_code,
            min(ranked.stated_at) as omitted_at, max(ranked.stated_at) as withdrawn_at
        from ranked
        where recency <= 2
        group by 1, 2, 3
        having count(*) = 2
    ),

    listings as materialized (
        select listings.*
        from pairs
        inner join supplier_feed.full_listings as listings using (kind, source_code, supplier_code)
        where listings.stated_at between pairs.omitted_at and as_of
    ),

    listed as materialized (
        select distinct listings.kind, listings.source_code, listings.supplier_code, unnest(key_hashes) as hash
        from listings
    ),

    doubtful as materialized (
        select distinct listings.kind, listings.source_code, listings.supplier_code, unnest(doubtful_part_hashes) as hash
        from listings
    ),

    newest as (
        (select distinct on (offers.supplier_code, offers.part_number, offers.brand_code, offers.price_type_code,
                offers.break_quantity)
            'supplier_price' as kind, offers.source_code, offers.supplier_code, offers.brand_code, offers.part_number,
            offers.price_type_code, offers.break_quantity, '' as distribution_centre_code,
            offers.price_type_code || ' ' || offers.break_quantity as variant, offers.stated_at
        from supplier_feed.offers
        where offers.stated_at <= as_of
            and offers.supplier_code in (select pairs.supplier_code from pairs where pairs.kind = 'supplier_price')
        order by offers.supplier_code, offers.part_number, offers.brand_code, offers.price_type_code,
            offers.break_quantity, offers.stated_at desc)
        union all
        (select distinct on (availability.supplier_code, availability.part_number, availability.brand_code,
                availability.distribution_centre_code)
            'supplier_availability', availability.source_code, availability.supplier_code, availability.brand_code,
            availability.part_number, '', 0::numeric, availability.distribution_centre_code,
            availability.distribution_centre_code, availability.stated_at
        from supplier_feed.availability
        where availability.stated_at <= as_of
            and availability.supplier_code in (
                select pairs.supplier_code from pairs where pairs.kind = 'supplier_availability'
            )
        order by availability.supplier_code, availability.part_number, availability.brand_code,
            availability.distribution_centre_code, availability.stated_at desc)
        union all
        (select distinct on (articles.supplier_code, articles.part_number, articles.brand_code)
            'supplier_catalogue', articles.source_code, articles.supplier_code, articles.brand_code,
            articles.part_number, '', 0::numeric, '', '', articles.stated_at
        from supplier_feed.articles
        where articles.stated_at <= as_of
            and articles.supplier_code in (
                select pairs.supplier_code from pairs where pairs.kind = 'supplier_catalogue'
            )
        order by articles.supplier_code, articles.part_number, articles.brand_code, articles.stated_at desc)
    )

    select newest.kind, newest.supplier_code, newest.brand_code, newest.part_number, newest.price_type_code,
        newest.break_quantity, newest.distribution_centre_code, 'OMITTED', pairs.withdrawn_at
    from newest
    inner join pairs using (kind, source_code, supplier_code)
    where newest.stated_at < pairs.omitted_at
        and not exists (
            select from listed
            where (listed.kind, listed.source_code, listed.supplier_code)
                = (newest.kind, newest.source_code, newest.supplier_code)
                and listed.hash = supplier_feed.key_hash(newest.brand_code, newest.part_number, newest.variant)
        )
        and not exists (
            select from doubtful
            where (doubtful.kind, doubtful.source_code, doubtful.supplier_code)
                = (newest.kind, newest.source_code, newest.supplier_code)
                and doubtful.hash = supplier_feed.key_hash(newest.brand_code, newest.part_number, '')
        )
    union all
    select 'supplier_catalogue', deleted.supplier_code, deleted.brand_code, deleted.part_number, '', 0, '',
        'DELETED', deleted.stated_at
    from (
        select distinct on (articles.supplier_code, articles.part_number, articles.brand_code)
            articles.supplier_code, articles.brand_code, articles.part_number, articles.stated_at,
            articles.maintenance_code
        from supplier_feed.articles
        where articles.stated_at <= as_of
        order by articles.supplier_code, articles.part_number, articles.brand_code, articles.stated_at desc
    ) as deleted
    where deleted.maintenance_code = 'D'
$$;
