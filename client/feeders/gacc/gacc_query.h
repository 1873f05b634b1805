// Downloads of GACC's online query (stats.customs.gov.cn): CSV in GB18030.
//
//   "数据年月","贸易伙伴编码","贸易伙伴名称","商品编码","商品名称","第一数量","第一计量单位","第二数量","第二计量单位","人民币",
//   "202407","402","阿根廷","12019019","转基因黄大豆","29","千克","0","?","7,770",
//   =>
//   CN.AR.M.HS2022-12019019.TOTAL.TOTAL.QTY._Z.KG   2024-07   29
//   CN.AR.M.HS2022-12019019.TOTAL.TOTAL.VALUE.CNY.1    2024-07   7770
//
// docs/feeders.md has the profile, and what becomes of each column.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Stateless; lives for ever.
const Feeder& GaccQuery();

}  // namespace tidewaiter::feeders
