using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// Pinyin of the characters that names and transcriptions of foreign names use most, simplified and traditional. Own table from
/// general knowledge; one reading each, the one that is usual in names. A character without entry is dropped and the reading counts as lossy.
/// </summary>
internal static class HanReading
{
    private static readonly Dictionary<char, string> Readings = Build(
        "a:阿啊 ai:爱愛艾埃哀蔼 an:安岸案庵恩鞍 ang:昂 ao:奥奧敖傲澳 ba:巴八霸芭拔 bai:白百柏拜佰 ban:班半板般 bang:邦幫帮棒 bao:宝寶保包鲍鮑豹葆 bei:贝貝北蓓倍备 ben:本奔贲 beng:彭 bi:比毕畢碧必笔彼壁 "
        + "bian:边邊卞编便 biao:彪标標表 bin:宾賓斌彬滨濱 bing:冰兵炳秉丙 bo:波博伯柏勃泊渤薄 bu:布不卜步 cai:才财財彩蔡采菜 can:灿燦参 cang:仓倉苍 cao:曹草操 cen:岑 ceng:曾層 cha:查茶察 chai:柴 chan:婵禅單 chang:昌长長常畅暢娼 "
        + "chao:超朝潮晁 che:车車彻徹 chen:陈陳晨辰臣沉琛宸 cheng:成城程诚誠承乘澄丞呈 chi:池迟遲赤驰馳志 chong:冲沖崇重充 chou:仇 chu:楚初储褚楮 chuan:川传傳船 chuang:创 chun:春纯純淳椿 ci:慈次辞词 cong:聪聰从叢丛 cui:崔翠催 cun:村存 "
        + "da:达達大 dai:代戴黛带岱 dan:丹但旦单淡 dang:党黨 dao:道导島岛 de:德得 deng:登邓鄧灯等 di:迪弟地帝狄第底 dian:典电店 diao:刁 ding:丁定顶鼎 dong:东東冬董栋棟洞动 dou:窦竇斗 du:杜都独度渡 duan:段端 dun:敦顿頓 duo:多朵 "
        + "e:娥俄鄂额厄 en:恩 er:尔爾二儿兒 fa:发發法 fan:凡范範樊帆繁芃 fang:方芳房放 fei:飞飛费費菲妃斐 fen:芬分汾 feng:风風封冯馮峰丰豐凤鳳锋鋒枫逢 fo:佛 fu:福富傅付符府夫弗复復甫芙扶伏 "
        + "ga:嘎 gai:盖 gan:甘干乾感 gang:刚剛钢鋼岗港 gao:高 ge:葛格歌戈革哥 gen:根 geng:耿庚 gong:公功工龚龔宫宮贡恭 gou:苟勾 gu:古谷顾顧固故 guan:关關官冠管 guang:光广廣 gui:贵貴桂归規 guo:国國郭果 ha:哈 hai:海 han:汉漢韩韓含寒翰涵晗 "
        + "hang:航杭 hao:好浩豪郝昊皓 he:何和贺賀荷赫河合鹤鶴 hei:黑 heng:恒恆亨衡 hong:红紅洪宏虹鸿鴻弘泓 hou:侯厚后 hu:胡湖虎户护扈琥 hua:华華花化桦 huai:怀懷 huan:欢歡环桓焕煥 huang:黄黃皇煌 hui:惠慧辉輝会會回徽卉 hun:浑 huo:霍火活 "
        + "ji:吉季纪紀继繼基计計姬机及冀技佶 jia:佳家嘉加贾賈甲 jian:建健坚堅剑劍简簡鉴建俭 jiang:江姜蒋蔣将將强 jiao:娇嬌焦角教 jie:杰傑洁潔介捷节節婕 jin:金进進锦錦晋靳瑾津今 jing:京静靜晶景敬精井经菁靖 jiong:炯 jiu:九久玖酒 ju:菊居巨举 juan:娟卷 "
        + "jue:觉 jun:军軍君俊峻骏駿钧鈞均 ka:卡 kai:凯凱开開恺 kan:阚坎看 kang:康 kao:考 ke:可克科柯 ken:肯 kong:孔空 kou:寇口 ku:库 kuai:快蒯 kuan:宽寬 kuang:匡邝鄺 kui:奎魁葵 kun:坤昆琨 kuo:阔 la:拉腊 lai:来來赖賴莱萊 "
        + "lan:兰蘭岚嵐蓝藍澜 lang:郎朗浪 lao:劳勞老 le:乐樂勒 lei:雷磊蕾类 leng:冷 li:李里理丽麗力立利莉黎厉厲励礼禮璃梨栗荔俐骊 lian:连連莲蓮联廉涟 liang:良亮梁量 liao:廖辽 lie:列烈 lin:林琳霖临麟蔺邻 ling:玲凌灵靈令铃岭羚伶 liu:刘劉柳流六留 "
        + "long:龙龍隆 lou:楼樓娄 lu:卢盧鲁魯陆陸路露禄吕录鹿璐 lv:律绿 luan:栾 lun:伦倫 luo:罗羅洛骆駱络萝 ma:马馬玛瑪妈麻 mai:麦麥买 man:曼满滿 mang:芒 mao:毛茂茅 mei:梅美妹玫眉媚 men:门門 meng:孟蒙梦夢萌 mi:米密弥 mian:绵面 miao:苗妙 min:敏民闵閔旻珉 "
        + "ming:明名铭銘鸣鳴茗 miu:缪繆 mo:莫墨默末摩 mu:木穆慕牧母姆沐 na:娜纳納那 nai:乃奈 nan:南男楠 nao:瑙 nei:内 neng:能 ni:尼倪妮泥 nian:年念 nie:聂聶 ning:宁寧 niu:牛钮 nong:农 nu:努 nv:女 nuo:诺諾 ou:欧歐 pa:帕 pai:派 pan:潘盘 pang:庞龐 pei:裴佩培沛 pen:盆 "
        + "peng:彭鹏鵬朋蓬 pi:皮匹 pian:片 ping:平萍苹屏 po:坡珀 pu:浦普蒲朴 qi:齐齊琪奇启啟七祁琦其祺戚岐 qian:钱錢千谦謙倩前茜 qiang:强強 qiao:乔喬巧桥 qin:秦琴勤钦欽芹沁 qing:青清庆慶晴卿情 qiong:琼瓊 qiu:邱秋丘求球裘 qu:曲屈瞿区 quan:全权權泉 que:阙 qun:群 "
        + "ran:冉然 rang:让 rao:饶饒 re:热 ren:任仁人 reng:仍 ri:日 rong:荣榮容蓉融戎 rou:柔 ru:如汝儒茹 ruan:阮 rui:瑞锐銳睿蕊芮 run:润潤 ruo:若 sa:萨薩 sai:赛塞 san:三 sang:桑 se:色瑟 sen:森 sha:沙莎 shan:山珊善单單姗杉 shang:尚商上 shao:少邵绍韶 she:佘社 shen:沈申深神慎 "
        + "sheng:生胜勝盛圣聖声晟昇升 shi:石时時世施史士师師诗詩实實仕适世 shou:守寿壽 shu:书書淑舒树樹叔殊 shuai:帅帥 shuang:双雙霜爽 shui:水税 shun:顺順舜 shuo:硕 si:思司斯四丝 song:宋松嵩颂 su:苏蘇素肃 suan:算 sui:隋 sun:孙孫 suo:索所 ta:塔它 tai:泰太台 "
        + "tan:谭譚坛覃 tang:唐汤湯堂 tao:陶涛濤桃 te:特 teng:滕腾 ti:提蒂 tian:田天甜 tie:铁鐵 ting:婷亭廷庭霆 tong:童同通桐彤佟 tu:图涂屠土 tuan:团 tuo:托拓 wa:瓦 wai:外 wan:万萬婉晚完 wang:王汪望旺 wei:伟偉威维維卫衛魏为為韦韋薇蔚巍微炜唯 wen:文温溫闻聞雯 weng:翁 wo:沃 "
        + "wu:吴吳武伍五邬无無吾巫悟 xi:西喜席希习習奚熙曦锡溪晰 xia:夏霞侠 xian:先贤賢仙显顯宪憲娴 xiang:向香祥翔项項湘想相 xiao:小晓曉肖萧蕭孝笑校霄 xie:谢謝解协 xin:新心欣辛鑫昕信馨 xing:星兴興行邢杏幸 xiong:熊雄 xiu:秀修 xu:徐许許旭续須须胥绪 xuan:轩軒宣璇萱玄 xue:雪学學薛 xun:寻勋迅荀 "
        + "ya:雅亚亞娅牙 yan:燕艳豔严嚴颜顏言岩彦晏延炎闫闫研阎妍 yang:杨楊阳陽洋扬羊样樣央 yao:姚瑶瑤尧堯耀药 ye:叶葉业業野也晔烨 yi:一义義毅怡依易伊宜艺藝意益亿忆逸懿仪 yin:银銀尹印殷音因寅 ying:英应應颖穎莹瑩影迎盈鹰 yong:永勇咏雍用 you:友有尤游由 yu:于玉宇余雨鱼魚育裕喻虞俞羽郁瑜豫煜愉予 "
        + "yuan:元袁远遠园媛原源苑渊 yue:月岳越悦玥 yun:云雲运運允芸韵昀 zai:在再 zan:赞 zang:臧 zao:早 ze:泽澤则 zeng:增 zha:扎 zhai:翟 zhan:詹战展占湛 zhang:张張章掌璋 zhao:赵趙兆昭照钊 zhe:哲者 zhen:真珍振震贞貞镇甄 zheng:正郑鄭政征铮争 zhi:志智之芝治直支知植 zhong:中忠钟鐘仲众 zhou:周州舟洲 "
        + "zhu:朱祝竹珠主柱诸铸 zhuang:庄莊壮 zhuo:卓 zi:子紫梓自资 zong:宗总 zou:邹鄒 zu:祖 zuo:左佐作 ceng:曾 zeng:曾 fu:馥 xi:茜 ting:汀 nuo:诺 wei:尾 shi:式 ren:壬 sha:夏 cun:邨 li:丽 tai:台臺 luo:萝 ge:各 sang:丧 tuo:脱 ji:几 mi:咪 pi:披 bi:庇 ke:刻 lai:籁 "
        + "nan:喃 hai:孩 xiang:乡 qiu:湫 ben:苯 san:叁 tian:添 chun:醇 shuang:孀 jun:隽 lin:凛 min:皿 ning:凝 rui:蓝");

    private static readonly Dictionary<char, string> JapaneseReadings = BuildJapanese();

    /// <summary>Appends the pinyin; with <paramref name="japanese"/> the usual Japanese family-name reading where the table has one.</summary>
    public static void Append(ReadOnlySpan<char> text, StringBuilder result, bool japanese)
    {
        foreach (var c in text)
        {
            if (c < '\u0080')
            {
                _ = result.Append(c);
            }
            else if (japanese && JapaneseReadings.TryGetValue(c, out var reading))
            {
                _ = result.Append(reading);
            }
            else if (Readings.TryGetValue(c, out reading))
            {
                _ = result.Append(reading);
            }
        }
    }

    private static Dictionary<char, string> BuildJapanese()
    {
        return Build("yama:山 ta:田 naka:中 hayashi:林 ki:木 mori:森 kawa:川河 shima:島 ishi:石 mura:村 matsu:松 ino:井 i:伊 to:藤 sa:佐 suzu:鈴 taka:高 ko:小 o:大 yoshi:吉 kichi:吉 hashi:橋 moto:本 wata:渡 nabe:辺 "
            + "saku:作 ike:池 hara:原 no:野 ue:上 shita:下 ae:江 fuji:藤 oka:岡 ogawa:湖 tani:谷 sugi:杉 take:竹武 abe:阿 mi:美三 ko:子 e:恵 ka:香加 rou:郎 ichi:一 ji:二 hiro:弘 kazu:和 nobu:信 masa:正 yuki:雪幸");
    }

    private static Dictionary<char, string> Build(string groups)
    {
        var table = new Dictionary<char, string>();
        foreach (var group in groups.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = group.IndexOf(':', StringComparison.Ordinal);
            foreach (var c in group.AsSpan(at + 1))
            {
                _ = table.TryAdd(c, group[..at]);
            }
        }
        return table;
    }
}
