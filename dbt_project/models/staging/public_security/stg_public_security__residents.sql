-- Written by `zhongtai sync`: change contracts/departments/public_security/residents.yml, not this file.
with standardised as (
  select
    {{ zhongtai.normalise_resident_id('resident_id') }} as resident_id,
    name,
    case sex
      when '男' then '1'
      when '女' then '2'
      when '未知' then '0'
      when 'M' then '1'
      when 'F' then '2'
      else sex
    end as sex,
    birth_date,
    case ethnic_group
      when '汉族' then '01'
      when '汉' then '01'
      when '蒙古族' then '02'
      when '蒙古' then '02'
      when '回族' then '03'
      when '回' then '03'
      when '藏族' then '04'
      when '藏' then '04'
      when '维吾尔族' then '05'
      when '维吾尔' then '05'
      when '苗族' then '06'
      when '苗' then '06'
      when '彝族' then '07'
      when '彝' then '07'
      when '壮族' then '08'
      when '壮' then '08'
      when '布依族' then '09'
      when '布依' then '09'
      when '朝鲜族' then '10'
      when '朝鲜' then '10'
      when '满族' then '11'
      when '满' then '11'
      when '侗族' then '12'
      when '侗' then '12'
      when '瑶族' then '13'
      when '瑶' then '13'
      when '白族' then '14'
      when '白' then '14'
      when '土家族' then '15'
      when '土家' then '15'
      when '哈尼族' then '16'
      when '哈尼' then '16'
      when '哈萨克族' then '17'
      when '哈萨克' then '17'
      when '傣族' then '18'
      when '傣' then '18'
      when '黎族' then '19'
      when '黎' then '19'
      when '傈僳族' then '20'
      when '傈僳' then '20'
      when '佤族' then '21'
      when '佤' then '21'
      when '畲族' then '22'
      when '畲' then '22'
      when '高山族' then '23'
      when '高山' then '23'
      when '拉祜族' then '24'
      when '拉祜' then '24'
      when '水族' then '25'
      when '水' then '25'
      when '东乡族' then '26'
      when '东乡' then '26'
      when '纳西族' then '27'
      when '纳西' then '27'
      when '景颇族' then '28'
      when '景颇' then '28'
      when '柯尔克孜族' then '29'
      when '柯尔克孜' then '29'
      when '土族' then '30'
      when '土' then '30'
      when '达斡尔族' then '31'
      when '达斡尔' then '31'
      when '仫佬族' then '32'
      when '仫佬' then '32'
      when '羌族' then '33'
      when '羌' then '33'
      when '布朗族' then '34'
      when '布朗' then '34'
      when '撒拉族' then '35'
      when '撒拉' then '35'
      when '毛南族' then '36'
      when '毛南' then '36'
      when '仡佬族' then '37'
      when '仡佬' then '37'
      when '锡伯族' then '38'
      when '锡伯' then '38'
      when '阿昌族' then '39'
      when '阿昌' then '39'
      when '普米族' then '40'
      when '普米' then '40'
      when '塔吉克族' then '41'
      when '塔吉克' then '41'
      when '怒族' then '42'
      when '怒' then '42'
      when '乌孜别克族' then '43'
      when '乌孜别克' then '43'
      when '俄罗斯族' then '44'
      when '俄罗斯' then '44'
      when '鄂温克族' then '45'
      when '鄂温克' then '45'
      when '德昂族' then '46'
      when '德昂' then '46'
      when '保安族' then '47'
      when '保安' then '47'
      when '裕固族' then '48'
      when '裕固' then '48'
      when '京族' then '49'
      when '京' then '49'
      when '塔塔尔族' then '50'
      when '塔塔尔' then '50'
      when '独龙族' then '51'
      when '独龙' then '51'
      when '鄂伦春族' then '52'
      when '鄂伦春' then '52'
      when '赫哲族' then '53'
      when '赫哲' then '53'
      when '门巴族' then '54'
      when '门巴' then '54'
      when '珞巴族' then '55'
      when '珞巴' then '55'
      when '基诺族' then '56'
      when '基诺' then '56'
      else ethnic_group
    end as ethnic_group,
    height,
    district,
    address,
    building_id,
    moved_in,
    phone,
    police_note,
    _batch, _delivery, _row
  from {{ source('raw', 'public_security__residents') }}
), versions as (
  select
    *,
    row_number() over (
      partition by resident_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  resident_id,
  name,
  sex,
  birth_date,
  ethnic_group,
  height,
  district,
  address,
  building_id,
  moved_in,
  phone,
  police_note,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
