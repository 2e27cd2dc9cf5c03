using System.Security.Cryptography;
using System.Text;
using CleanRoom.Records.Matching;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Tests;

public sealed class NormalisationTests
{
    private static readonly DateOnly Today = SampleRoom.Today;

    [Theory]
    [InlineData("+44 7700 900123", "", "+447700900123")]
    [InlineData("0044 7700 900123", "", "+447700900123")]
    [InlineData("+44 (0)7700 900123", "", "+447700900123")]
    [InlineData("๐๘๑ ๐๐๐ ๐๐๐๙", "THA", "+66810000009")]
    [InlineData("٠٥٠ ٠٠٠ ٠٠٠٩", "SAU", "+966500000009")]
    [InlineData("06 39 98 00 09", "FRA", "+33639980009")]
    [InlineData("84 400 000 009", "VNM", "+84400000009")]
    public void Phones_Normalise_GivesE164(string raw, string region, string expected) =>
        Assert.Equal(expected, Phones.Normalise(raw, region.Length > 0 ? [region] : [])!.Display);

    [Fact]
    public void Phones_Normalise_KeepsEveryPossibleReading()
    {
        var value = Phones.Normalise("070 000 0001", ["THA", "VNM"])!;

        Assert.Equal(["phone:+66700000001", "phone:+84700000001"], value.Keys.Select(k => k.Value));
    }

    [Theory]
    [InlineData("2 พ.ย. 2537", "1994-11-02", "1994-11-02")]
    [InlineData("12/4/2542", "1999-04-12", "1999-04-12")]
    [InlineData("31.12.1995", "1995-12-31", "1995-12-31")]
    [InlineData("Oct 6 1993", "1993-10-06", "1993-10-06")]
    [InlineData("1996-10", "1996-10-01", "1996-10-31")]
    [InlineData("19951201", "1995-12-01", "1995-12-01")]
    [InlineData("tháng 6/2563", "2020-06-01", "2020-06-30")]
    [InlineData("1991?", "1991-01-01", "1991-12-31")]
    [InlineData("1991-01-01", "1991-01-01", "1991-12-31")]
    [InlineData("28 (2022)", "1993-01-02", "1994-12-31")]
    [InlineData("2019-05/2020-11", "2019-05-01", "2020-11-30")]
    public void Dates_Read_GivesTheInterval(string cell, string earliest, string latest)
    {
        var date = Dates.Read(cell, DateOrder.DayFirst, [], agesAllowed: true, null, Today)!;

        Assert.Equal((earliest, latest), (Iso(date.EarliestDay), Iso(date.LatestDay)));
    }

    [Fact]
    public void Dates_Read_AgeOnADay_IsAYearWide()
    {
        var seen = Dates.Day(new DateOnly(2023, 2, 11));

        var date = Dates.Read("27", DateOrder.Unknown, [], agesAllowed: true, seen, Today)!;

        Assert.Equal(("1995-02-12", "1996-02-11", "AgeDerived"), (Iso(date.EarliestDay), Iso(date.LatestDay), date.Precision));
    }

    [Fact]
    public void Dates_Read_OtherCalendars_AreRecognised()
    {
        var nepali = Dates.Read("2052-04-10", DateOrder.Unknown, ["NPL"], true, null, Today)!;
        var persian = Dates.Read("1370/01/15", DateOrder.Unknown, ["IRN"], true, null, Today)!;
        var islamic = Dates.Read("1415-01-01", DateOrder.Unknown, ["SAU"], true, null, Today)!;

        Assert.InRange(DayNumbers.FromDate(new DateOnly(1995, 7, 26)), nepali.EarliestDay, nepali.LatestDay);
        Assert.InRange(DayNumbers.FromDate(new DateOnly(1991, 4, 4)), persian.EarliestDay, persian.LatestDay);
        Assert.InRange(DayNumbers.FromDate(new DateOnly(1994, 6, 10)), islamic.EarliestDay, islamic.LatestDay);
    }

    [Theory]
    [InlineData("IBAN GB82 WEST 1234 5698 7654 32", "account:iban:GB82WEST12345698765432", KeyStrength.Exact)]
    [InlineData("GB82WEST12345698765433", "account:iban:GB82WEST12345698765433", KeyStrength.Possible)]
    [InlineData("0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B", "account:eth:0xab5801a7d398351b8be11c439e05c5b3259aec9b", KeyStrength.Exact)]
    [InlineData("ví 0xAb58...eC9B", "account:eth:0xab58..ec9b", KeyStrength.Possible)]
    [InlineData("bKash 01700-000 009", "account:BKASH:01700000009", KeyStrength.Exact)]
    public void Accounts_Read_GivesTheKey(string cell, string key, KeyStrength strength) =>
        Assert.Contains(new MatchKey(key, strength), Accounts.Read(cell, true, [])!.Value.Keys);

    [Theory]
    [InlineData("passport EX 9990001 GHA (fake)", "P", "GHA", "Counterfeit")]
    [InlineData("HC C9990001", "P", "VNM", "")]
    [InlineData("C 9990001 VNM", "", "VNM", "")]
    public void Documents_Read_TakesTheCellApart(string cell, string type, string issuer, string authenticity)
    {
        var text = Documents.Read(cell)!;

        Assert.Equal((type, issuer, authenticity), (text.Type, text.Issuer, text.Authenticity));
    }

    [Fact]
    public void Documents_Normalise_BareDigitsWithoutIssuer_ArePossibleAtMost()
    {
        var bare = Documents.Normalise("9990 00001", "", "", ["KHM"])!;
        var card = Documents.Normalise("999000001", "ID", "", ["KHM"])!;

        Assert.All(bare.Keys, k => Assert.Equal(KeyStrength.Possible, k.Strength));
        Assert.Contains(card.Keys, k => k.Strength == KeyStrength.Exact && bare.Keys.Any(b => b.Value == k.Value));
    }

    [Fact]
    public void Vessels_Normalise_RomanAndArabicNumerals_AreOneName()
    {
        Assert.Equal(Vessels.FoldName("เรือ Sea Lark 7"), Vessels.FoldName("F.V. Sea Lark VII"));
        Assert.True(Vessels.ImoChecksum("9074729"));
        Assert.False(Vessels.ImoChecksum("9074728"));
    }

    [Theory]
    [InlineData("https://t.me/some_name9", "Telegram", "some_name9")]
    [InlineData("@Some_Name9", "", "Some_Name9")]
    [InlineData("IG: @Some_Name9", "Instagram", "Some_Name9")]
    public void Handles_Read_GivesPlatformAndHandle(string cell, string platform, string handle) =>
        Assert.Equal((platform, handle), SocialHandles.Read(cell, false)!.Value);

    [Fact]
    public void Handles_KnownPlatforms_DoNotMeetEachOther()
    {
        var telegram = SocialHandles.Normalise("Telegram", "some_name9")!.Keys;
        var instagram = SocialHandles.Normalise("Instagram", "some_name9")!.Keys;
        var unknown = SocialHandles.Normalise("", "@Some_Name9")!.Keys;

        Assert.Empty(telegram.Intersect(instagram));
        Assert.Single(telegram.Intersect(unknown));
    }

    [Theory]
    [InlineData("VN", "VNM")]
    [InlineData("Việt Nam", "VNM")]
    [InlineData("Cambodge", "KHM")]
    [InlineData("ประเทศไทย", "THA")]
    [InlineData("Украина", "UKR")]
    [InlineData("إثيوبيا", "ETH")]
    [InlineData("sénégalaise", "SEN")]
    [InlineData("filipina", "PHL")]
    [InlineData("00", null)]
    public void Countries_Find_ReadsCodesNamesAndNationalities(string cell, string? expected) => Assert.Equal(expected, Countries.Find(cell));

    /// <summary>The golden digest holds with ICU and with DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1: run the suite both ways.</summary>
    [Fact]
    public async Task From_SampleRecords_GiveTheGoldenBytesWithAndWithoutIcu()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in await SampleRoom.RowsAsync())
        {
            var record = row.Record.Clone();
            record.RecordId = Google.Protobuf.ByteString.CopyFrom(new byte[16]);
            hash.AppendData(CaseRecordCodec.Serialize(record));
            foreach (var key in MatchFacts.From(record).SelectMany(f => f.Keys))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{key.Value} {(int)key.Strength}\n"));
            }
        }
        var golden = await File.ReadAllTextAsync(Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "tests/CleanRoom.Records.Tests/samples.sha256"), TestContext.Current.CancellationToken);

        var digest = Convert.ToHexStringLower(hash.GetHashAndReset());

        Assert.True(golden.Trim() == digest, $"The digest is {digest}: if the change is meant, write it to samples.sha256.");
    }

    [Fact]
    public async Task Split_EverySampleRecord_JoinsToTheSameBytesAndHidesIdentityFromTheAnalyticPart()
    {
        foreach (var row in await SampleRoom.RowsAsync())
        {
            var parts = CaseRecordParts.Split(row.Record);

            Assert.Equal(CaseRecordCodec.Serialize(row.Record), CaseRecordCodec.Serialize(parts.Join()));
            var analytic = parts.Analytic!.ToString();
            var direct = row.Record.Persons.SelectMany(p => p.Names.Select(n => n.Full).Concat(p.Identifiers.Select(i => i.Raw))).Append(row.Record.ContributorRecordRef);
            Assert.DoesNotContain(direct.Where(d => d.Length > 4), d => analytic.Contains(d, StringComparison.OrdinalIgnoreCase));
        }
    }

    private static string Iso(int day) => DayNumbers.ToDate(day).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("phone", "+66 81 234 5678", "", "", true)]
    [InlineData("phone", "0812345678", "", "", false)]
    [InlineData("phone", "+66 81 999 9999", "", "", false)]
    [InlineData("email", "boss@example.org", "", "", true)]
    [InlineData("email", "boss", "", "", false)]
    [InlineData("handle", "@boss_chai", "", "Telegram", true)]
    [InlineData("handle", "hia chai", "", "Telegram", false)]
    [InlineData("account", "DE89 3704 0044 0532 0130 00", "", "", true)]
    [InlineData("vehicle", "2A-1234", "KHM", "", true)]
    [InlineData("vehicle", "0000", "KHM", "", false)]
    [InlineData("vessel", "9074729", "", "", true)]
    [InlineData("vessel", "9074728", "", "", false)]
    [InlineData("vessel", "Chai Navee 8", "", "", false)]
    [InlineData("organisation", "Golden Hands Manpower Co., Ltd.", "NPL", "", true)]
    [InlineData("organisation", "Co", "NPL", "", false)]
    [InlineData("person", "Hia Chai", "", "", false)]
    [InlineData("document", "N1234567", "KHM", "", false)]
    public void SearchedSubject_ThatDoesNotNameOneThing_IsNone(string kind, string value, string country, string platform, bool named) =>
        Assert.Equal(named, SearchedSubject.From(kind, value, country, platform) is not null);
}
