using System.Text;
using CleanRoom.Records.Import;
using CleanRoom.Records.Matching;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Tests;

/// <summary>Numbers that carry a check of their own, with the examples of the documents that define them.</summary>
public sealed class CheckedNumberTests
{
    /// <summary>ICAO 9303 parts 4 (TD3), 5 (TD1), 6 (TD2) and 7 (MRV-A, MRV-B), eighth edition: the specimens of the State of Utopia.</summary>
    [Theory]
    [InlineData("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10", "P", "L898902C3", "1974-08-12", "2012-04-15")]
    [InlineData("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6", "ID", "D23145890", "1974-08-12", "2012-04-15")]
    [InlineData("I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", "ID", "D23145890", "1974-08-12", "2012-04-15")]
    [InlineData("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<", "V", "L8988901C", "1940-09-07", "2096-12-10")]
    [InlineData("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<", "V", "L8988901C", "1940-09-07", "2096-12-10")]
    public void MachineReadableZone_Specimen_IsReadWithEveryCheckDigit(string lines, string type, string number, string birth, string expires)
    {
        var zone = MachineReadableZone.TryRead(lines, SampleRoom.Today)!;

        Assert.True(zone.ChecksumOk);
        Assert.Equal((type, number, "ERIKSSON", "ANNA MARIA", "F"), (zone.Type, zone.Number, zone.Family, zone.Given, zone.Sex));
        Assert.Equal((birth, expires), ($"{zone.Birth:yyyy-MM-dd}", $"{zone.Expires:yyyy-MM-dd}"));
    }

    [Fact]
    public void MachineReadableZone_AnyDigitChanged_FailsItsCheck()
    {
        const string Lines = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
        foreach (var at in Enumerable.Range(44, 44).Where(i => char.IsAsciiDigit(Lines[i])))
        {
            var changed = Lines.Remove(at, 1).Insert(at, Lines[at] == '7' ? "8" : "7");

            Assert.False(MachineReadableZone.TryRead(changed, SampleRoom.Today)!.ChecksumOk, $"position {at}");
        }
    }

    [Fact]
    public async Task ImportAsync_CellWithAMachineReadableZone_KeepsTheNumberAndDropsTheLines()
    {
        var result = await Import("case no,passport,nationality\n1,\"P<VNMNGUYEN<<THI<MAU<<<<<<<<<<<<<<<<<<<<<<<<\nC99900010" + MachineReadableZone.CheckDigit("C99900010") + "VNM9005044F3001017<<<<<<<<<<<<<<<0\",VN\n2,C9990002,VN\n");

        var record = result.Rows[0].Record;
        var document = Assert.Single(record.Persons[0].Identifiers);
        Assert.Equal(("Document", "P", "VNM", "C99900010 VNM"), (document.Kind, document.DocumentType, document.Issuer, document.Raw));
        Assert.DoesNotContain("<", record.ToString(), StringComparison.Ordinal);
        Assert.Equal("THI MAU", record.Persons[0].Names.Single().Given);
        Assert.Equal("F", record.Persons[0].DocumentSex);
        Assert.Equal(1, result.Report.Dropped["machine-readable-zone"]);
    }

    /// <summary>EIP-55, test cases; BIP-173 and BIP-350, test vectors; the first block's address; Tron's account of zeros.</summary>
    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", true)]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", true)]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", true)]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", true)]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7", null)]
    [InlineData("0xde709f2102306220921060314715629080e2fb77", null)]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", false)]
    [InlineData("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", true)]
    [InlineData("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", true)]
    [InlineData("BC1SW50QGDZ25J", true)]
    [InlineData("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", true)]
    [InlineData("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", true)]
    [InlineData("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", false)]
    [InlineData("bc1rw5uspcuh", false)]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", false)]
    [InlineData("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", false)]
    [InlineData("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", true)]
    [InlineData("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", false)]
    [InlineData("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", true)]
    [InlineData("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwc", false)]
    public void Wallets_IsChecked_TellsAnAddressFromAMistypedOne(string address, bool? expected) => Assert.Equal(expected, Wallets.IsChecked(address));

    [Fact]
    public void Wallets_Read_AMistypedAddressIsKeptAsPossible()
    {
        var right = Wallets.Read("wallet 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")!.Value;
        var wrong = Wallets.Read("wallet 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed")!.Value;

        Assert.Equal((KeyStrength.Exact, true), (right.Keys[0].Strength, right.ChecksumOk));
        Assert.Equal((KeyStrength.Possible, false), (wrong.Keys[0].Strength, wrong.ChecksumOk));
    }

    /// <summary>IBAN registry (SWIFT), release examples: one of every length that it has among these countries.</summary>
    [Theory]
    [InlineData("NO93 8601 1117 947", true)]
    [InlineData("BE68 5390 0754 7034", true)]
    [InlineData("DK50 0040 0440 1162 43", true)]
    [InlineData("NL91 ABNA 0417 1643 00", true)]
    [InlineData("AT61 1904 3002 3457 3201", true)]
    [InlineData("CH93 0076 2011 6238 5295 7", true)]
    [InlineData("GB82 WEST 1234 5698 7654 32", true)]
    [InlineData("AE07 0331 2345 6789 0123 456", true)]
    [InlineData("ES91 2100 0418 4502 0005 1332", true)]
    [InlineData("TR33 0006 1005 1978 6457 8413 26", true)]
    [InlineData("FR14 2004 1010 0505 0001 3M02 606", true)]
    [InlineData("PL61 1090 1014 0000 0712 1981 2874", true)]
    [InlineData("BR97 0036 0305 0000 1000 9795 493P 1", true)]
    [InlineData("KW81 CBKU 0000 0000 0000 1234 5601 01", true)]
    [InlineData("MT84 MALT 0110 0001 2345 MTLC AST0 01S", true)]
    [InlineData("GB82 WEST 1234 5698 7654 33", false)]
    [InlineData("GB24 WEST 1234 5698 7654 3", false)]
    public void Accounts_Read_IbanOfTheRegistry_HasItsLengthAndCheckDigits(string iban, bool isRight)
    {
        var account = Accounts.Read("acct " + iban, columnIsAccount: false, [])!;

        Assert.Equal(("IBAN", isRight), (account.Type, account.Value.ChecksumOk));
        Assert.Equal(isRight ? KeyStrength.Exact : KeyStrength.Possible, account.Value.Keys[0].Strength);
    }

    /// <summary>49 CFR 565.15 (the worked example of its table), and an European number, whose ninth character is no check digit.</summary>
    [Theory]
    [InlineData("1M8GDM9AXKP042788", true, KeyStrength.Exact)]
    [InlineData("1M8GDM9A1KP042788", false, KeyStrength.Possible)]
    [InlineData("WVWZZZ1JZ3W386752", false, KeyStrength.Exact)]
    public void Vins_Key_IsExactUnlessANeededCheckDigitIsWrong(string vin, bool hasCheckDigit, KeyStrength strength)
    {
        Assert.Equal(vin, Vins.Find($"white van, VIN {vin.ToLowerInvariant()}"));
        Assert.Equal(hasCheckDigit, Vins.HasCheckDigit(vin));
        Assert.Equal(new MatchKey("vin:" + vin, strength), Vins.Key(vin));
    }

    [Fact]
    public async Task ImportAsync_VehicleNumber_MeetsWithAndWithoutThePlate()
    {
        var result = await Import("case no,name,vehicle\n1,Ana Ruiz,van VIN WVWZZZ1JZ3W386752\n2,Eva Gil,\"WVWZZZ1JZ3W386752 plate AB 123 CD, France\"\n");

        var facts = result.Rows.Select(r => MatchFacts.From(r.Record).First(f => f.Kind == MatchFactKind.Vehicle)).ToList();
        Assert.Equal(KeyStrength.Exact, MatchFact.Meet(facts[0], facts[1]));
    }

    /// <summary>Formats of the makers' own documentation (see the pattern).</summary>
    [Theory]
    [InlineData("https://wa.me/66810000009", "+66810000009")]
    [InlineData("https://api.whatsapp.com/send?phone=66810000009&text=hi", "+66810000009")]
    [InlineData("viber://chat?number=%2B380500000001", "+380500000001")]
    [InlineData("t.me/+380500000001", "+380500000001")]
    [InlineData("https://signal.me/#p/+4915100000001", "+4915100000001")]
    [InlineData("https://t.me/some_name9", null)]
    [InlineData("https://t.me/+AbCdEf12345678", null)]
    public void Handles_PhoneOf_ReadsTheNumberOfAChatLink(string link, string? expected) => Assert.Equal(expected, SocialHandles.PhoneOf(link));

    /// <summary>Days that Nepal's official calendar and the Gregorian one name together: new years and national days of record.</summary>
    [Theory]
    [InlineData("2052-04-10", "1995-07-26")]
    [InlineData("2063-01-11", "2006-04-24")]
    [InlineData("2072-01-12", "2015-04-25")]
    [InlineData("2072-06-03", "2015-09-20")]
    [InlineData("2080-01-01", "2023-04-14")]
    public void Dates_Read_BikramSambat_GivesTheDay(string nepali, string expected)
    {
        var date = Dates.Read(nepali, DateOrder.Unknown, ["NPL"], false, null, SampleRoom.Today);

        Assert.Equal((expected, expected, "nepali-bs"), ($"{DayNumbers.ToDate(date!.EarliestDay):yyyy-MM-dd}", $"{DayNumbers.ToDate(date.LatestDay):yyyy-MM-dd}", date.Calendar));
    }

    [Fact]
    public void Dates_Read_BikramSambatDayThatTheMonthHasNot_IsNoDate() => Assert.Null(Dates.Read("2080-09-30", DateOrder.Unknown, ["NPL"], false, null, SampleRoom.Today));

    /// <summary>Whatever is typed: no normaliser throws, what it makes it makes again, and the raw text is kept.</summary>
    [Fact]
    public void Normalisers_AnyText_NeverThrowAndAreIdempotent()
    {
        var state = 20261121UL;
        ulong Next()
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            return state >> 33;
        }
        string[] pieces =
        [
            "0x", "bc1q", "GB82", "WEST", "T", "IMO ", "P<", "<<", "+66", "081", "๐๘๑", "٠٥٠", "@", "t.me/", "wa.me/", "Ltd", "บริษัท", "公司", "ООО", "-", "/", ".", " ", "(", ")", ";", ",", "2567", "1990-02-30", "13.13.2013",
            "99", "\u202E", "\u0000", "\uFEFF", "\uD800", "é", "ß", "İ", "ﬁ", "á", "F.V.", "VII", "passport", "หนังสือเดินทาง", "tháng", "พ.ศ.", "0", "9", "A", "z", "'",
        ];
        for (var round = 0; round < 4000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, (int)(Next() % 9)).Select(_ => pieces[Next() % (ulong)pieces.Length]));
            foreach (var display in new[]
            {
                Phones.Normalise(text, ["THA"])?.Display, Accounts.Read(text, true, [])?.Value.Display, Emails.Normalise(text)?.Display, SocialHandles.Normalise("Telegram", text)?.Display,
                Documents.Normalise(text, "P", "", ["VNM"])?.Display, Vehicles.Normalise(text, "THA", "", [])?.Display,
            })
            {
                Assert.True(display is null || display.Length > 0, text);
            }
            Assert.Equal(Text.Fold(text), Text.Fold(Text.Fold(text)));
            Assert.Equal(Text.Clean(text), Text.Clean(Text.Clean(text)));
            Assert.Equal(Organisations.FoldName(text), Organisations.FoldName(Organisations.FoldName(text)));
            Assert.Equal(Text.Alphanumeric(text), Text.Alphanumeric(Text.Alphanumeric(text)));
            _ = Countries.Find(text);
            _ = Gazetteer.FindIn(text);
            _ = Vins.Find(text);
            _ = Vessels.Read(text);
            _ = MachineReadableZone.TryRead(text.PadRight(88, '<'), SampleRoom.Today);
            if (Phones.Normalise(text, ["THA"]) is { Possible: true } phone)
            {
                Assert.Contains(phone.Keys[0], Phones.Normalise(phone.Display, [])!.Keys);
            }
            if (Dates.Read(text, DateOrder.DayFirst, ["THA"], true, null, SampleRoom.Today) is { } date)
            {
                Assert.True(date.EarliestDay <= date.LatestDay, text);
                Assert.Equal(Text.Clean(text, 64), date.Raw);
            }
        }
    }

    private static async Task<ImportResult> Import(string table)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(table));
        return await CaseImporter.ImportAsync(stream, SampleRoom.Options("x", new DatasetManifest { Jurisdiction = ["FRA"] }), TestContext.Current.CancellationToken);
    }
}
