namespace CleanRoom.Charter;

/// <summary>The bands in which counts that concern persons are told (DATA.md §4.3): a number that is more exact than anybody needs can be subtracted.</summary>
public static class CountBand
{
    /// <summary>All bands, the smallest first.</summary>
    public static IReadOnlyList<string> All { get; } = ["0", "1", "2", "3-5", "6-10", "11+"];

    /// <summary>The band of a count that is not negative.</summary>
    public static string Of(int count) => count switch
    {
        0 => "0",
        1 => "1",
        2 => "2",
        <= 5 => "3-5",
        <= 10 => "6-10",
        _ => "11+",
    };
}
