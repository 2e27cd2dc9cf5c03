namespace CleanRoom.Records.Import;

/// <summary>What became of a cell.</summary>
internal enum CellFate
{
    Mapped, NotKnown, Dropped, Reported, NotNeeded,
}

/// <summary>What became of the filled cells of one column. The five add up to the filled cells.</summary>
public sealed class CellCounts
{
    /// <summary>Read into the record.</summary>
    public int Mapped { get; private set; }

    /// <summary>Cells that say "not known" (-99, a dash, words), or 0 in a column where only 1 says something.</summary>
    public int NotKnown { get; private set; }

    /// <summary>Stay with the contributor by rule.</summary>
    public int Dropped { get; private set; }

    /// <summary>Named among the findings, because they could not be read in full.</summary>
    public int Reported { get; private set; }

    /// <summary>Columns that a profile or the layout names as not needed.</summary>
    public int NotNeeded { get; private set; }

    internal void Add(CellFate fate)
    {
        switch (fate)
        {
            case CellFate.Mapped:
                Mapped++;
                break;
            case CellFate.NotKnown:
                NotKnown++;
                break;
            case CellFate.Dropped:
                Dropped++;
                break;
            case CellFate.Reported:
                Reported++;
                break;
            default:
                NotNeeded++;
                break;
        }
    }
}
