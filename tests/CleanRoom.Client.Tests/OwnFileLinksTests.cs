using System.Text;
using CleanRoom.Client.Quality;
using CleanRoom.Records.Import;

namespace CleanRoom.Client.Tests;

public sealed class OwnFileLinksTests
{
    private const string Header = "No,Full name,Date of birth,Nationality,From,Tel\n";

    [Theory]
    [InlineData("two spellings", "1,Nguyễn Thị Hồng Nhung,1994-03-12,VNM,Nghe An,\n2,NGUYEN THI HONG NHUNG,1994-03-12,VNM,Nghe An,\n", 1)]
    [InlineData("two scripts", "1,Oksana Petrivna Kovalchuk,1990-04-03,UKR,Lviv,\n2,Ковальчук Оксана Петрівна,03.04.1990,UKR,Lviv,\n", 1)]
    [InlineData("a slip of the pen", "1,Marisela Quiñones Arrieta,1996-02-19,VEN,Caracas,\n2,Marisela Quinones Arieta,1996-02-19,VEN,Caracas,\n", 1)]
    [InlineData("sisters", "1,Wanjiru Achieng Otieno,1994-05-17,KEN,Kisumu,\n2,Akinyi Achieng Otieno,1997-09-02,KEN,Kisumu,\n", 0)]
    [InlineData("namesakes of two countries", "1,Maria Santos,1990,PHL,Cebu,\n2,Maria Santos,1971,BRA,Recife,\n", 0)]
    public async Task Report_RowsOfOneFile_AreLinkedAsTheRoomWouldLinkThem(string what, string rows, int expected)
    {
        var (links, report) = await ReadAsync(Header + rows);

        _ = links.Report(report, TestContext.Current.CancellationToken);

        Assert.True(expected == report.PossibleDuplicates, $"{what}: {report.PossibleDuplicates}");
        Assert.All(report.Issues.Where(issue => issue.Code == "possible-duplicate"), issue => Assert.Equal(3, issue.Row));
    }

    [Fact]
    public async Task Report_WhatTheImporterSawItself_IsNotNamedTwice()
    {
        var (links, report) = await ReadAsync(Header + "1,Oksana Petrivna Kovalchuk,1990-04-03,UKR,Lviv,+380500000201\n2,Ковальчук Оксана Петрівна,03.04.1990,UKR,Lviv,+380500000201\n");
        Assert.Equal(1, report.PossibleDuplicates);

        Assert.Equal(0, links.Report(report, TestContext.Current.CancellationToken));
        Assert.Equal(1, report.PossibleDuplicates);
    }

    private static async Task<(OwnFileLinks Links, QualityReport Report)> ReadAsync(string table)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(table));
        await using var session = await CaseImporter.OpenAsync(stream, new ImportOptions { ContributorId = "alpha", Manifest = new DatasetManifest() }, TestContext.Current.CancellationToken);
        var links = new OwnFileLinks();
        await foreach (var row in session.RowsAsync(TestContext.Current.CancellationToken))
        {
            links.Add(row);
        }

        return (links, session.Report);
    }
}
