"""The sample city without governance: one hand-written DuckDB script from the same deliveries to the same products.

It does: read every delivered file with DuckDB's own readers (zip members are unpacked first), strip and cast leniently,
keep the latest delivery of a key (or the latest snapshot), write sexes, upper-case ids and spaced phones one way,
resolve natural_person, legal_entity and building by precedence of departments, join, aggregate, and write the three
entities and every product as Parquet.

It does not: keep what was delivered, judge or quarantine rows, prove counts, encrypt, key its pseudonyms, mend
15-digit ids or ethnic group names, keep versions or lineage, check, score, gate, sign or record anything. A row that
governance refuses is in here where it casts, so that products have about the same rows and not the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import duckdb

from lake.attach import extension_file

# table, file, key ("*" before it: a delivery replaces all earlier ones), columns as name=header|header:type
_SOURCES = """
civil_affairs__deaths | deaths.csv | certificate_number | certificate_number=死亡证明编号 resident_id=身份证号码 name=姓名 birth_date=出生日期:date death_date=死亡日期:date cause=死因编码 district=生前居住区划
civil_affairs__marriages | marriages.xlsx | certificate_number | certificate_number=结婚证字号 husband_id=男方身份证号 husband_name=男方姓名 wife_id=女方身份证号 wife_name=女方姓名 marital_status=婚姻状况 registered_on=登记日期:date registry_district=登记机关区划
civil_affairs__subsidies | subsidies.csv gb18030 | resident_id,subsidy_type,month | resident_id=领取人身份证号 subsidy_type=补贴类别 month=发放月份 name=领取人姓名 standard_amount=标准金额:decimal(18,2) paid_amount=实发金额:decimal(18,2) paid_on=发放日期:date phone=联系电话 address=居住地址 district=所属区划
culture_tourism__hotels | hotels.csv | *credit_code | credit_code=统一社会信用代码 name=旅馆名称 hotel_grade=星级 district=所在区划 address=地址 rooms=客房数:bigint phone=前台电话
culture_tourism__scenic_spots | scenic_spots.xlsx | *spot_id | spot_id=景区编号 name=景区名称 spot_grade=质量等级 district=所在区划 address=地址 longitude=经度:double latitude=纬度:double capacity=最大承载量:bigint
culture_tourism__scenic_visits | scenic_visits.csv gb18030 | ticket_id | ticket_id=门票编号 spot_id=景区编号 phone=预约手机号 visitors=入园人数:bigint entered_on=入园日期:date ticket_price=票价:decimal(18,2)
ecology__readings | readings.sqlite readings | station_id,pollutant,measured_at | station_id=station pollutant=pollutant measured_at=measured_at:timestamp value=value:double
ecology__stations | stations.csv | *station_id | station_id=站点编号 name=站点名称 district=区划代码 longitude=经度:double latitude=纬度:double built_on=建站日期:date
government_services__cases | cases.csv gb18030 | case_id | case_id=办件编号 item_code=事项编码 applicant_kind=申请人类型 applicant_id=申请人证件号 applicant_code=申请单位信用代码 applicant_name=申请人 phone=联系电话 channel=受理渠道 accepted_at=受理时间:timestamp finished_at=办结时间:timestamp satisfaction=评价:bigint
government_services__hotline_tickets | hotline_tickets.tsv | ticket_id | ticket_id=工单编号 hotline_category=诉求类别 district=所属区划 address=发生地址 caller_phone=来电号码 content=诉求内容 received_at=来电时间:timestamp closed_at=办结时间:timestamp ticket_status=工单状态
government_services__service_items | service_items.xlsx | *item_code | item_code=事项编码 name=事项名称 agency=实施主体 service_theme=办理主题 legal_days=法定时限:bigint promised_days=承诺时限:bigint visits_needed=跑动次数:bigint online=是否网办 guide_url=办事指南
government_services__service_materials | service_materials.ndjson | *item_code,material_number | item_code=itemCode material_number=seq:bigint name=materialName issuer=issuer copies=copies:bigint required=required:boolean
health__facilities | facilities.xlsx | *facility_id | facility_id=机构编码 credit_code=统一社会信用代码 name=机构名称 facility_type=机构类别 district=所在区划 address=地址 longitude=经度:double latitude=纬度:double phone=联系电话 beds=床位数:bigint
health__visits | visits.parquet | visit_id | visit_id=visit_id resident_id=patient_id facility_id=facility_id medical_department=dept_code diagnosis=icd10 visited_at=visited_at:timestamp total_cost=total_cost:decimal(18,2) self_paid=self_paid:decimal(18,2)
housing__buildings | buildings.csv | *building_id | building_id=楼栋编号 address=坐落 district=区划代码 building_use=用途 floors=地上层数:bigint built_year=建成年份:bigint floor_area=建筑面积:double longitude=经度:double latitude=纬度:double
housing__ownership | ownership.csv gb18030 | certificate_number | certificate_number=不动产权证号 building_id=楼栋编号 owner_kind=权利人类型 owner_id=权利人证件号 owner_code=权利人信用代码 owner_name=权利人 unit_area=建筑面积:double registered_on=登记日期:date phone=联系电话
housing__parking_lots | parking_lots.ndjson | *lot_id | lot_id=lotId name=name building_id=buildingId district=districtCode spaces=spaces:bigint longitude=lng:double latitude=lat:double
market_regulation__enterprises | enterprises.csv gb18030 | credit_code | credit_code=统一社会信用代码 name=企业名称 legal_representative=法定代表人 representative_id=法定代表人证件号 industry=行业门类 registered_capital=注册资本:decimal(18,2) established_on=成立日期:date status=登记状态 closed_on=注销日期:date district=登记区划 address=住所 phone=联系电话
market_regulation__inspections | inspections.csv | inspection_id | inspection_id=检查编号 credit_code=被检单位信用代码 inspected_on=检查日期:date inspector=检查人员 result=检查结果 score=得分:double remark=备注
market_regulation__licences | licences.ndjson | licence_number | licence_number=licenceNo credit_code=uscc licence_type=licenceType name=holderName issued_on=issuedOn:date valid_until=validUntil:date
public_security__residents | residents.csv gb18030 | resident_id | resident_id=公民身份号码|身份证号 name=姓名 sex=性别 birth_date=出生日期:date ethnic_group=民族代码 height=身高:double district=居住区划 address=现住址 building_id=楼栋编号 moved_in=迁入日期:date phone=联系电话
public_security__vehicles | vehicles.tsv | *plate_number | plate_number=号牌号码 vehicle_type=号牌种类 owner_id=所有人证件号码 owner_name=所有人 brand=品牌型号 seats=核定载客数:bigint registered_on=注册登记日期:date inspection_until=检验有效期止:date vehicle_status=机动车状态
social_security__enrolments | enrolments.zip enrolments_*.csv | *resident_id,insurance_scheme | resident_id=身份证号 insurance_scheme=险种 name=姓名 credit_code=单位信用代码 enrolment_status=参保状态 enrolled_on=参保日期:date contribution_base=缴费基数:decimal(18,2) phone=手机号码 district=参保区划
taxation__credit_ratings | credit_ratings.sqlite credit_ratings | *credit_code | credit_code=nsrsbh name=nsrmc rating_year=pjnd:bigint credit_rating=nsxydj assessed_on=pjrq:date phone=lxdh
transport__gate_passings | gate_passings.parquet | passing_id | passing_id=passing_id gate_id=gate_id segment_id=segment_id plate_number=plate passed_at=passed_at:timestamp speed=speed_kmh:double lane=lane:bigint
transport__parking_events | parking_events.csv | event_id | event_id=停车记录号 lot_id=停车场编号 plate_number=车牌号 entered_at=入场时间:timestamp left_at=离场时间:timestamp fee=停车费:decimal(18,2)
transport__road_segments | road_segments.csv | *segment_id | segment_id=路段编号 name=道路名称 district=区划代码 road_class=道路等级 length_m=长度:double lanes=车道数:bigint speed_limit=限速:double
"""  # noqa: E501
_DATES = "['%Y-%m-%d', '%Y%m%d', '%Y年%m月%d日', '%Y-%m-%d %H:%M:%S']"
_TIMES = "['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%Y/%m/%d %H:%M:%S', '%Y-%m-%d %H:%M:%S.%f']"


def run(deliveries: Path, out: Path, threads: int) -> dict[str, int]:
    """Make entities and products as Parquet files below `out`; the rows of each."""
    out.mkdir(parents=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with duckdb.connect(config=config) as connection:
        for name in ("excel", "sqlite_scanner", "encodings"):
            connection.execute(f"load '{extension_file(name)}'")
        for source in _SOURCES.strip().splitlines():
            _load(connection, deliveries, out, [part.strip() for part in source.split("|", 3)])
        for statement in Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").split(";\n"):
            connection.execute(statement)
        views = connection.execute("select view_name from duckdb_views() where not internal order by 1").fetchall()
        rows = {}
        for (name,) in views:
            copied = connection.execute(f"copy {name} to '{out / name}.parquet' (format parquet)").fetchone()
            rows[name] = copied[0] if copied else 0
    return rows


def _load(connection: duckdb.DuckDBPyConnection, deliveries: Path, out: Path, source: list[str]) -> None:
    table, described, key, columns = source
    name, _, detail = described.partition(" ")
    files = sorted(deliveries.glob(f"*/{table.split('__')[0]}/{name}"))
    files = files[-1:] if key.startswith("*") else files
    parts = [_part(connection, _scan(file, detail, out), columns, number) for number, file in enumerate(files)]
    connection.execute(
        f"create table {table} as select * exclude (_delivery) from ({' union all '.join(parts)}) "
        f"qualify row_number() over (partition by {key.lstrip('*')} order by _delivery desc) = 1"
    )


def _part(connection: duckdb.DuckDBPyConnection, scan: str, columns: str, number: int) -> str:
    have = {row[0] for row in connection.execute(f"describe select * from {scan}").fetchall()}
    chosen = []
    for name, headers, _, kind in re.findall(r"(\w+)=([^\s:]+)(:(\S+))?", columns):
        header = next((one for one in headers.split("|") if one in have), None)
        text = f"nullif(trim(cast(\"{header}\" as varchar)), '')" if header else "cast(null as varchar)"
        chosen.append(f"{_typed(name, text, kind)} as {name}")
    return f"select {', '.join(chosen)}, {number} as _delivery from {scan}"


def _typed(name: str, text: str, kind: str) -> str:
    if kind == "date":
        return f"cast(try_strptime({text}, {_DATES}) as date)"
    if kind == "timestamp":
        return f"try_strptime({text}, {_TIMES})"
    if kind:
        return f"try_cast({text} as {kind})"
    if name.endswith("phone"):
        return f"replace(replace({text}, ' ', ''), '-', '')"
    if name == "sex":
        return f"case {text} when '男' then '1' when 'M' then '1' when '女' then '2' when 'F' then '2' else {text} end"
    return f"upper({text})" if name.endswith(("_id", "_code")) else text


def _scan(file: Path, detail: str, out: Path) -> str:
    if file.suffix == ".xlsx":
        return f"read_xlsx('{file}', all_varchar=true)"
    if file.suffix == ".sqlite":
        return f"sqlite_scan('{file}', '{detail}')"
    if file.suffix == ".ndjson":
        return f"read_json('{file}', format='newline_delimited')"
    if file.suffix == ".parquet":
        return f"read_parquet('{file}')"
    delimiter = "\t" if file.suffix == ".tsv" else ","
    options = f"all_varchar=true, header=true, null_padding=true, ignore_errors=true, quote='\"', delim='{delimiter}'"
    if file.suffix == ".zip":
        folder = out / "unpacked" / file.parent.parent.name
        zipfile.ZipFile(file).extractall(folder)
        return f"read_csv('{folder}/{detail}', {options})"
    return f"read_csv('{file}', {options}{f', encoding={detail!r}' if detail else ''})"
