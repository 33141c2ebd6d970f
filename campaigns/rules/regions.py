"""Time zones of the regions of countries that have several, and how lists write the names of regions.

Keys are ISO 3166-2 codes. A region that spans zones has every zone a person there may be in: legal time, as the IANA
time zone database's zone1970.tab and its comments have it. Zones that show the same time today stand for one another,
so Indiana is Indianapolis and Chicago, not all eight of its zones. China's legal time is Beijing's everywhere.
"""

from __future__ import annotations

# Country -> regions that share their zones -> those zones.
_ZONES: dict[str, dict[str, tuple[str, ...]]] = {
    "US": {
        "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV": ("America/New_York",),
        "AL AR IA IL LA MN MO MS OK WI": ("America/Chicago",),
        "CO MT NM UT WY": ("America/Denver",),
        "CA WA": ("America/Los_Angeles",),
        "FL KY TN": ("America/New_York", "America/Chicago"),
        "IN": ("America/Indiana/Indianapolis", "America/Chicago"),
        "MI": ("America/Detroit", "America/Menominee"),
        "KS ND NE SD TX": ("America/Chicago", "America/Denver"),
        "ID OR": ("America/Boise", "America/Los_Angeles"),
        "NV": ("America/Los_Angeles", "America/Denver"),
        # The Navajo Nation changes its clocks, the rest of Arizona does not.
        "AZ": ("America/Phoenix", "America/Denver"),
        "AK": ("America/Anchorage", "America/Adak"),
        "HI": ("Pacific/Honolulu",),
        "PR VI": ("America/Puerto_Rico",),
        "AS": ("Pacific/Pago_Pago",),
        "GU MP": ("Pacific/Guam",),
        "UM": ("Pacific/Pago_Pago", "Pacific/Wake"),
    },
    "CA": {
        "AB NT": ("America/Edmonton",),
        "BC": ("America/Vancouver", "America/Edmonton", "America/Fort_Nelson"),
        "MB": ("America/Winnipeg",),
        "NB": ("America/Moncton",),
        "NL": ("America/St_Johns", "America/Goose_Bay"),
        "NS PE": ("America/Halifax",),
        "NU": ("America/Iqaluit", "America/Rankin_Inlet", "America/Cambridge_Bay", "America/Panama"),
        "ON": ("America/Toronto", "America/Winnipeg", "America/Panama"),
        "QC": ("America/Toronto", "America/Halifax", "America/Puerto_Rico"),
        "SK": ("America/Regina", "America/Edmonton"),
        "YT": ("America/Whitehorse",),
    },
    "AU": {
        "ACT": ("Australia/Sydney",),
        "NSW": ("Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"),
        "NT": ("Australia/Darwin",),
        "QLD": ("Australia/Brisbane",),
        "SA": ("Australia/Adelaide",),
        "TAS": ("Australia/Hobart",),
        "VIC": ("Australia/Melbourne",),
        "WA": ("Australia/Perth", "Australia/Eucla"),
    },
    "BR": {
        "DF ES GO MG PR RJ RS SC SP": ("America/Sao_Paulo",),
        "AL SE": ("America/Maceio",),
        "AP PA": ("America/Belem",),
        "BA": ("America/Bahia",),
        "CE MA PB PI RN": ("America/Fortaleza",),
        "PE": ("America/Recife", "America/Noronha"),
        "TO": ("America/Araguaina",),
        "MS": ("America/Campo_Grande",),
        "MT": ("America/Cuiaba",),
        "RO": ("America/Porto_Velho",),
        "RR": ("America/Boa_Vista",),
        "AM": ("America/Manaus", "America/Eirunepe"),
        "AC": ("America/Rio_Branco",),
    },
    "MX": {
        "AGU CHP CMX COL GRO GUA HID JAL MEX MIC MOR OAX PUE QUE SLP TAB TLA VER ZAC": ("America/Mexico_City",),
        "CAM YUC": ("America/Merida",),
        "DUR": ("America/Monterrey",),
        # Municipalities along the border keep the clock of their neighbours in the US.
        "COA NLE TAM": ("America/Monterrey", "America/Matamoros"),
        "CHH": ("America/Chihuahua", "America/Ciudad_Juarez", "America/Ojinaga"),
        "BCN": ("America/Tijuana",),
        "BCS SIN": ("America/Mazatlan",),
        "NAY": ("America/Mazatlan", "America/Bahia_Banderas"),
        "SON": ("America/Hermosillo",),
        "ROO": ("America/Cancun",),
    },
    "ID": {
        "AC BB BE BT JA JB JI JK JT KR LA RI SB SS SU YO": ("Asia/Jakarta",),
        "KB KT": ("Asia/Pontianak",),
        "BA GO KI KS KU NB NT SA SG SN SR ST": ("Asia/Makassar",),
        "MA MU PA PB PD PE PS PT": ("Asia/Jayapura",),
    },
    "RU": {
        "KGD": ("Europe/Kaliningrad",),
        "AD ARK BEL BRY CE CU DA IN IVA KB KC KDA KL KLU KO KOS KR KRS LEN LIP ME MO MOS MOW": ("Europe/Moscow",),
        "MUR NEN NGR NIZ ORL PNZ PSK ROS RYA SE SMO SPE STA TA TAM TUL TVE VLA VLG VOR YAR": ("Europe/Moscow",),
        "KIR": ("Europe/Kirov",),
        "VGG": ("Europe/Volgograd",),
        "SAM UD": ("Europe/Samara",),
        "AST": ("Europe/Astrakhan",),
        "SAR": ("Europe/Saratov",),
        "ULY": ("Europe/Ulyanovsk",),
        "BA CHE KGN KHM ORE PER SVE TYU YAN": ("Asia/Yekaterinburg",),
        "OMS": ("Asia/Omsk",),
        "AL ALT": ("Asia/Barnaul",),
        "KEM": ("Asia/Novokuznetsk",),
        "KK KYA TY": ("Asia/Krasnoyarsk",),
        "NVS": ("Asia/Novosibirsk",),
        "TOM": ("Asia/Tomsk",),
        "BU IRK": ("Asia/Irkutsk",),
        "AMU": ("Asia/Yakutsk",),
        "ZAB": ("Asia/Chita",),
        "SA": ("Asia/Yakutsk", "Asia/Vladivostok", "Asia/Srednekolymsk"),
        "KHA PRI YEV": ("Asia/Vladivostok",),
        "MAG": ("Asia/Magadan",),
        "SAK": ("Asia/Sakhalin",),
        "CHU": ("Asia/Anadyr",),
        "KAM": ("Asia/Kamchatka",),
    },
    # One time since 2024-03-01; on a computer that does not know it yet, still each its own.
    "KZ": {
        "10 11 19 31 33 35 55 59 61 62 63 71 75 79": ("Asia/Almaty",),
        "15": ("Asia/Aqtobe",),
        "23": ("Asia/Atyrau",),
        "27": ("Asia/Oral",),
        "39": ("Asia/Qostanay",),
        "43": ("Asia/Qyzylorda",),
        "47": ("Asia/Aqtau",),
    },
    "MN": {
        "1 035 037 039 041 047 049 051 053 055 059 061 063 064 067 069 073": ("Asia/Ulaanbaatar",),
        "043 046 071": ("Asia/Hovd",),
        # Sources disagree about these two.
        "057 065": ("Asia/Ulaanbaatar", "Asia/Hovd"),
    },
    "CD": {
        "BC EQ KG KL KN MN MO NU SU TU": ("Africa/Kinshasa",),
        "BU HK HL HU IT KC KE KS LO LU MA NK SA SK TA TO": ("Africa/Lubumbashi",),
    },
    "NZ": {
        "AUK BOP CAN GIS HKB MBH MWT NSN NTL OTA STL TAS TKI WGN WKO WTC": ("Pacific/Auckland",),
        "CIT": ("Pacific/Chatham",),
    },
    "CL": {
        "AN AP AR AT BI CO LI LL LR ML NB RM TA": ("America/Santiago",),
        "VS": ("America/Santiago", "Pacific/Easter"),
        "AI MA": ("America/Punta_Arenas",),
    },
    "EC": {
        "A B C D E F G H I L M N O P R S SD SE T U X Y Z": ("America/Guayaquil",),
        "W": ("Pacific/Galapagos",),
    },
    "ES": {
        "AN AR AS CB CE CL CM CT EX GA IB MC MD ML NC PV RI VC": ("Europe/Madrid",),
        "CN GC TF": ("Atlantic/Canary",),
    },
    "PT": {
        "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 30": ("Europe/Lisbon",),
        "20": ("Atlantic/Azores",),
    },
    "PG": {
        "CPK CPM EBR EHG EPW ESW GPK HLA JWK MBA MPL MPM MRL NCD NIK NPP SAN SHM WBK WHM WPD": (
            "Pacific/Port_Moresby",
        ),
        "NSB": ("Pacific/Bougainville",),
    },
    "CN": {
        "AH BJ CQ FJ GD GS GX GZ HA HB HE HI HK HL HN JL JS JX LN MO NM NX": ("Asia/Shanghai",),
        "QH SC SD SH SN SX TJ TW XJ XZ YN ZJ": ("Asia/Shanghai",),
    },
}

ZONES_OF_REGION: dict[str, tuple[str, ...]] = {
    f"{country}-{part}": zones
    for country, groups in _ZONES.items()
    for parts, zones in groups.items()
    for part in parts.split()
}

# Country -> "code name/other name", one region each.
_NAMES: dict[str, str] = {
    "US": """AL Alabama; AK Alaska; AZ Arizona; AR Arkansas; CA California; CO Colorado; CT Connecticut; DE Delaware;
        DC District of Columbia/Washington DC; FL Florida; GA Georgia; HI Hawaii; ID Idaho; IL Illinois; IN Indiana;
        IA Iowa; KS Kansas; KY Kentucky; LA Louisiana; ME Maine; MD Maryland; MA Massachusetts; MI Michigan;
        MN Minnesota; MS Mississippi; MO Missouri; MT Montana; NE Nebraska; NV Nevada; NH New Hampshire; NJ New Jersey;
        NM New Mexico; NY New York; NC North Carolina; ND North Dakota; OH Ohio; OK Oklahoma; OR Oregon;
        PA Pennsylvania; RI Rhode Island; SC South Carolina; SD South Dakota; TN Tennessee; TX Texas; UT Utah;
        VT Vermont; VA Virginia; WA Washington/Washington State; WV West Virginia; WI Wisconsin; WY Wyoming;
        AS American Samoa; GU Guam; MP Northern Mariana Islands; PR Puerto Rico;
        VI Virgin Islands/US Virgin Islands; UM United States Minor Outlying Islands""",
    "CA": """AB Alberta; BC British Columbia; MB Manitoba; NB New Brunswick; NL Newfoundland and Labrador/Newfoundland;
        NS Nova Scotia; NT Northwest Territories; NU Nunavut; ON Ontario; PE Prince Edward Island; QC Quebec/Québec;
        SK Saskatchewan; YT Yukon/Yukon Territory""",
    "AU": """ACT Australian Capital Territory; NSW New South Wales; NT Northern Territory; QLD Queensland;
        SA South Australia; TAS Tasmania; VIC Victoria; WA Western Australia""",
    "CN": """AH Anhui/安徽/安徽省; BJ Beijing/北京/北京市; CQ Chongqing/重庆/重庆市; FJ Fujian/福建/福建省;
        GD Guangdong/广东/广东省; GS Gansu/甘肃/甘肃省; GX Guangxi/广西/广西壮族自治区; GZ Guizhou/贵州/贵州省;
        HA Henan/河南/河南省; HB Hubei/湖北/湖北省; HE Hebei/河北/河北省; HI Hainan/海南/海南省;
        HK Hong Kong/香港/香港特别行政区; HL Heilongjiang/黑龙江/黑龙江省; HN Hunan/湖南/湖南省; JL Jilin/吉林/吉林省;
        JS Jiangsu/江苏/江苏省; JX Jiangxi/江西/江西省; LN Liaoning/辽宁/辽宁省; MO Macao/Macau/澳门/澳门特别行政区;
        NM Inner Mongolia/Nei Mongol/内蒙古/内蒙古自治区; NX Ningxia/宁夏/宁夏回族自治区; QH Qinghai/青海/青海省;
        SC Sichuan/四川/四川省; SD Shandong/山东/山东省; SH Shanghai/上海/上海市; SN Shaanxi/陕西/陕西省;
        SX Shanxi/山西/山西省; TJ Tianjin/天津/天津市; TW Taiwan/台湾/台湾省; XJ Xinjiang/新疆/新疆维吾尔自治区;
        XZ Xizang/Tibet/西藏/西藏自治区; YN Yunnan/云南/云南省; ZJ Zhejiang/浙江/浙江省""",
}

# (country, name as it is) -> code.
CODE_OF_NAME: dict[tuple[str, str], str] = {
    (country, name): f"{country}-{part}"
    for country, entries in _NAMES.items()
    for part, _, names in (entry.strip().partition(" ") for entry in entries.split(";"))
    for name in names.split("/")
}
